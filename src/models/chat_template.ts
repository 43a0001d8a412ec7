/**
 * A Hugging Face model folder's tokenizer and chat template, as the chat tokens an embedded policy
 * needs: `tokenizer.json` and the Jinja `chat_template` of `tokenizer_config.json`.
 *
 * @module
 */

import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";
import type { Message } from "../trajectory/episode.ts";
import type { ChatTokens } from "./chat_tokens.ts";

/** The parsed `tokenizer.json`. */
export type TokenizerJson = Record<string, unknown>;

/** The fields of `tokenizer_config.json` that are read. */
export interface TokenizerConfig {
  readonly chat_template: string;
  /** The token that ends an assistant message. */
  readonly eos_token: string;
  /** The environment's prompt template that the model was trained with; ours, not Hugging Face's. */
  readonly prompt_template?: "full" | "compact";
}

// Private-use characters do not occur in prompts, so they find the spoken part in a rendered chat.
const SPOKEN = "\uE000";

/**
 * Builds chat tokens from a model folder's two tokenizer files.
 *
 * What follows an assistant message is found by rendering a chat with a placeholder in its place,
 * so any template that writes messages one after the other works.
 *
 * @throws {RangeError} If `eos_token` is not in the vocabulary or does not end an assistant message.
 */
export function chatTokens(json: TokenizerJson, config: TokenizerConfig): ChatTokens {
  checkChatTemplate(config);
  const tokenizer = new Tokenizer(json, config);
  const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const render = renderer(config);
  const endOfTurn = tokenizer.token_to_id(config.eos_token);
  if (endOfTurn === undefined) {
    throw new RangeError(
      `Cannot use tokenizer as its end-of-turn token must be in the vocabulary: "${config.eos_token}" is not`,
    );
  }
  return {
    // The ids may have gaps; what counts is how many rows an embedding needs.
    vocabSize: 1 + tokenizer.get_vocab().values().reduce((most, id) => Math.max(most, id)),
    endOfTurn,
    prompt: (messages) => encode(render(messages)),
    observation: (text) => encode(afterSpoken(render, config.eos_token, text)),
    encode,
    decode: (ids) =>
      ids.length === 0 ? "" : tokenizer.decode(Array.from(ids), {
        skip_special_tokens: false,
        clean_up_tokenization_spaces: false,
      }),
  };
}

/**
 * Refuses a template that cannot show a tool result, before an episode comes to one.
 *
 * @throws {RangeError} If it is not Jinja, refuses such a chat, or ends an assistant message otherwise.
 */
export function checkChatTemplate(config: TokenizerConfig): void {
  afterSpoken(renderer(config), config.eos_token, "");
}

type Render = (messages: readonly Message[]) => string;

function renderer({ chat_template, eos_token }: TokenizerConfig): Render {
  const template = usable(() => new Template(chat_template));
  return (messages) =>
    usable(() => template.render({ messages, add_generation_prompt: true, eos_token }));
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

/** The chat's text between the end of an assistant message and the start of the next. */
function afterSpoken(
  render: Render,
  endOfTurn: string,
  observation: string,
): string {
  const chat = render([
    { role: "user", content: "" },
    { role: "assistant", content: SPOKEN },
    { role: "tool", content: observation },
  ]);
  const after = chat.slice(chat.indexOf(SPOKEN) + SPOKEN.length);
  if (!after.startsWith(endOfTurn)) {
    throw new RangeError(
      `Cannot use chat template as "${endOfTurn}" must end an assistant message: found ${
        JSON.stringify(after.slice(0, 20))
      }`,
    );
  }
  return after.slice(endOfTurn.length);
}
