/**
 * A Hugging Face model folder's tokenizer and chat template, as the chat tokens an embedded policy
 * needs: `tokenizer.json` and the Jinja `chat_template` of `tokenizer_config.json`.
 *
 * Whatever a model was trained with, this program's message format has reasoning tags of its own, so
 * templates are rendered with `enable_thinking` false. A template that asks for the date gets a fixed
 * one: prompts must not change from one day to the next.
 *
 * @module
 */

import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";
import type { Message } from "../trajectory/episode.ts";
import type { ChatTokens } from "./chat_tokens.ts";

/** The parsed `tokenizer.json`. */
export type TokenizerJson = Record<string, unknown>;

/** A special token's text, or an object that holds it. */
type SpecialToken = string | { readonly content: string };

/** The fields of `tokenizer_config.json` that are read. */
export interface TokenizerConfig {
  /** A Jinja template; of several the one named "default". */
  readonly chat_template: string | readonly { readonly name: string; readonly template: string }[];
  /** Ends a turn, beside the token that the template ends an assistant message with. */
  readonly eos_token?: SpecialToken | null;
  readonly bos_token?: SpecialToken | null;
  readonly pad_token?: SpecialToken | null;
  readonly unk_token?: SpecialToken | null;
  /** Tokens by id, where `tokenizer.json` lacks some. */
  readonly added_tokens_decoder?: Readonly<Record<string, { readonly content: string }>>;
  /** The environment's prompt template that the model was trained with; ours, not Hugging Face's. */
  readonly prompt_template?: "full" | "compact";
}

/**
 * How a chat shows a tool's result: as the template has it, or as a message of the user in
 * `<tool_response>` tags, for templates that know no tools.
 *
 * The second is never chosen silently: a model that was trained on tool results reads its own form
 * better, and numbers of the two cannot be compared.
 */
export type ToolResults = "template" | "user";

/** What the two files leave open. */
export interface ChatOptions {
  /** "template" where absent. */
  readonly toolResults?: ToolResults;
  /** Further tokens that end a turn, such as `eos_token_id` of `generation_config.json`. */
  readonly endTokens?: readonly number[];
}

// Private-use characters do not occur in prompts, so they are found again in a rendered chat.
const SPOKEN = "\uE000";
const TOLD = "\uE001";

/** The date in Llama's own template where no clock is at hand. */
const DATE = "26 Jul 2024";

// The library has a clock under this name, which a macro hides but a variable cannot. The line break
// is the one that Jinja drops after a block.
const FIXED_CLOCK = `{%- macro strftime_now(format) %}${DATE}{% endmacro %}\n`;

/**
 * Builds chat tokens from a model folder's two tokenizer files.
 *
 * What follows an assistant message is found by rendering a chat with a placeholder in its place, so
 * any template that writes messages one after the other works: an episode's tokens are then those of
 * the whole chat. Where a template changes what was said when a chat goes on (Qwen3 leaves out an
 * empty block of thoughts), the episode keeps the tokens that the policy saw and sampled.
 *
 * @throws {RangeError} If the template is not Jinja, cannot show a tool result, or ends an assistant
 * message with no token of its own; or `eos_token` is not in the vocabulary.
 */
export function chatTokens(
  json: TokenizerJson,
  config: TokenizerConfig,
  { toolResults = "template", endTokens = [] }: ChatOptions = {},
): ChatTokens {
  const tokenizer = tokenizerOf(json, config);
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const render = renderer(config, toolResults);
  const afterSpoken = spokenPart(render);
  checkToolResults(afterSpoken);
  const eos = tokenText(config.eos_token);
  const ends = endTokenText(afterSpoken(), tokenizer, eos);
  const idOf = (text: string) => {
    const id = tokenizer.token_to_id(text);
    if (id !== undefined) return id;
    throw new RangeError(
      `Cannot use tokenizer as its end-of-turn token must be in the vocabulary: "${text}" is not`,
    );
  };
  return {
    // The ids may have gaps; what counts is how many rows an embedding needs.
    vocabSize: 1 + tokenizer.get_vocab().values().reduce((most, id) => Math.max(most, id)),
    endOfTurn: idOf(ends),
    endsTurn: new Set([idOf(ends), ...eos === undefined ? [] : [idOf(eos)], ...endTokens]),
    prompt: (messages) => encode(render(messages)),
    observation: (text) => encode(afterSpoken(text).slice(ends.length)),
    encode,
    decode: (ids) =>
      ids.length === 0 ? "" : tokenizer.decode(Array.from(ids), {
        skip_special_tokens: false,
        clean_up_tokenization_spaces: false,
      }),
  };
}

function tokenizerOf(json: TokenizerJson, config: TokenizerConfig): Tokenizer {
  try {
    return new Tokenizer({
      ...json,
      added_tokens: addedTokens(json, config),
      pre_tokenizer: withAllDigits(json.pre_tokenizer),
    }, config);
  } catch (error) {
    throw new RangeError(
      `Cannot use tokenizer as it must be whole and of a known kind: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The library takes ASCII digits only for digits; Hugging Face's own takes those of all scripts. */
function withAllDigits(splits: unknown): unknown {
  if (typeof splits !== "object" || splits === null) return splits;
  const { type, pretokenizers, individual_digits } = splits as {
    readonly type: string;
    readonly pretokenizers: readonly unknown[];
    readonly individual_digits?: boolean;
  };
  if (type === "Sequence") return { ...splits, pretokenizers: pretokenizers.map(withAllDigits) };
  if (type !== "Digits") return splits;
  const pattern = { Regex: individual_digits ? "\\p{N}" : "\\p{N}+" };
  return { type: "Split", pattern, behavior: "Isolated", invert: false };
}

/** The added tokens of both files; `tokenizer_config.json` may have more. */
function addedTokens(json: TokenizerJson, { added_tokens_decoder = {} }: TokenizerConfig) {
  const known = (json.added_tokens ?? []) as readonly { readonly id: number }[];
  const ids = new Set(known.map(({ id }) => id));
  const more = Object.entries(added_tokens_decoder)
    .map(([id, token]) => ({ ...token, id: Number(id) }))
    .filter(({ id }) => !ids.has(id));
  return [...known, ...more];
}

function tokenText(token: SpecialToken | null | undefined): string | undefined {
  return typeof token === "string" ? token : token?.content;
}

type Render = (messages: readonly Message[]) => string;

function renderer(config: TokenizerConfig, toolResults: ToolResults): Render {
  const template = usable(() => new Template(FIXED_CLOCK + templateText(config)));
  const context = {
    add_generation_prompt: true,
    enable_thinking: false,
    date_string: DATE,
    ...Object.fromEntries(
      (["bos_token", "eos_token", "pad_token", "unk_token"] as const)
        .map((name) => [name, tokenText(config[name])] as const)
        .filter(([, text]) => text !== undefined),
    ),
  };
  return (messages) =>
    usable(() =>
      template.render({
        ...context,
        messages: toolResults === "user" ? messages.map(asUser) : messages,
      })
    );
}

function templateText({ chat_template: given }: TokenizerConfig): string {
  if (typeof given === "string") return given;
  const found = given.find(({ name }) => name === "default");
  if (found) return found.template;
  throw new RangeError(
    `Cannot use chat template as one must be named "default": they are ${
      given.map(({ name }) => name).join(", ")
    }`,
  );
}

/** Qwen's form, which its templates write below the role of the user too. */
function asUser(message: Message): Message {
  if (message.role !== "tool") return message;
  return { role: "user", content: `<tool_response>\n${message.content}\n</tool_response>` };
}

function usable<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new RangeError(
      `Cannot use chat template as it must render a chat: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The chat's text from the end of what the assistant said to the start of what it says next. */
type AfterSpoken = (toolResult?: string) => string;

function spokenPart(render: Render): AfterSpoken {
  return (toolResult) => {
    const chat = render([
      { role: "user", content: "?" },
      { role: "assistant", content: SPOKEN },
      ...toolResult === undefined ? [] : [{ role: "tool", content: toolResult } as const],
    ]);
    const at = chat.lastIndexOf(SPOKEN);
    if (at >= 0) return chat.slice(at + SPOKEN.length);
    throw new RangeError(
      "Cannot use chat template as it must write what the assistant says: it leaves it out",
    );
  };
}

/** Refuses a template without tool support before an episode comes to a tool result. */
function checkToolResults(afterSpoken: AfterSpoken): void {
  const refuse = (why: string) =>
    new RangeError(
      `Cannot show tool results as the chat template must have messages of role "tool": ${why}; ` +
        '"--tool-results user" shows them as messages of the user',
    );
  // A template that cannot show a chat without tools is refused for that.
  afterSpoken();
  let chat;
  try {
    chat = afterSpoken(TOLD);
  } catch (error) {
    throw refuse(((error as Error).cause as Error).message);
  }
  if (!chat.includes(TOLD)) throw refuse("it leaves them out");
}

/** The text of the token that the template ends an assistant message with. */
function endTokenText(after: string, tokenizer: Tokenizer, eos: string | undefined): string {
  const special = [...tokenizer.get_added_tokens_decoder().values()]
    .filter((token) => token.special).map(({ content }) => content);
  const found = [...special, ...eos ? [eos] : []]
    .filter((text) => after.startsWith(text))
    .sort((a, b) => b.length - a.length);
  if (found.length > 0) return found[0];
  throw new RangeError(
    `Cannot use chat template as a special token must end an assistant message: found ${
      JSON.stringify(after.slice(0, 20))
    }`,
  );
}
