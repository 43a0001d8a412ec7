/**
 * What an OpenAI-compatible server answers, checked and brought into one form. Fields that only some
 * servers give (token ids, logprobs, counts) are null where they are missing or do not fit together.
 *
 * @module
 */

import { z } from "zod";

/** A call of a tool by the API's own means. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it, which may be broken. */
  readonly arguments: string;
}

/** The tokens of a message as they were sampled, shapes (n,). */
export interface SampledTokens {
  /** All that the server's model was shown, shape (p,); null where only the client knows. */
  readonly promptIds: readonly number[] | null;
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
}

/** Tokens as the server counts them. */
export interface TokenCounts {
  readonly prompt: number;
  /** Those of the prompt that it had computed before. */
  readonly cachedPrompt: number;
  readonly completion: number;
}

/** One answer. */
export interface Answer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** `context`: the server refused the request, as the prompt fills the context. */
  readonly finish: "stop" | "length" | "context";
  readonly counts: TokenCounts | null;
  readonly tokens: SampledTokens | null;
}

/** What stands for a message where there is no room for one. */
export const CONTEXT_IS_FULL: Answer = {
  text: "",
  toolCalls: [],
  finish: "context",
  counts: null,
  tokens: null,
};

const COUNT = z.int().min(0);
const IDS = z.array(COUNT).nullish();

const USAGE = z.object({
  prompt_tokens: COUNT,
  completion_tokens: COUNT.default(0),
  prompt_tokens_details: z.object({ cached_tokens: COUNT.nullish() }).nullish(),
}).nullish().catch(null);

const TOOL_CALL = z.object({
  id: z.string().nullish(),
  function: z.object({
    name: z.string(),
    // Some servers parse the arguments, against the protocol.
    arguments: z.union([z.string(), z.looseObject({})]).nullish(),
  }),
});

/** What became of each token; llama.cpp gives the ids here, and in this form for completions too. */
const LOGPROBS = z.object({
  content: z.array(z.object({ id: COUNT.nullish(), logprob: z.number() })).nullish(),
  token_logprobs: z.array(z.number().nullable()).nullish(),
}).nullish();

const CHAT = z.object({
  prompt_token_ids: IDS,
  usage: USAGE,
  choices: z.array(z.object({
    // Reasoning that the server sets apart (`reasoning_content`, `reasoning`) is not of the message.
    message: z.object({
      content: z.string().nullish(),
      tool_calls: z.array(TOOL_CALL).nullish(),
    }),
    finish_reason: z.string().nullish(),
    token_ids: IDS,
    logprobs: LOGPROBS,
  })).min(1),
});

const COMPLETION = z.object({
  usage: USAGE,
  choices: z.array(z.object({
    text: z.string(),
    finish_reason: z.string().nullish(),
    token_ids: IDS,
    logprobs: LOGPROBS,
  })).min(1),
});

const MODELS = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * Reads the answer of `chat/completions`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readChat } from "./wire.ts";
 *
 * const answer = readChat({
 *   choices: [{ message: { content: "Hello" }, finish_reason: "length" }],
 *   usage: { prompt_tokens: 9, completion_tokens: 1 },
 * });
 * assert.deepEqual([answer.text, answer.finish, answer.counts?.prompt], ["Hello", "length", 9]);
 * ```
 *
 * @throws {z.ZodError} If it has no choice with a message.
 */
export function readChat(json: unknown): Answer {
  const { choices: [choice], usage, prompt_token_ids: promptIds } = CHAT.parse(json);
  const { message } = choice;
  return {
    text: message.content ?? "",
    toolCalls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }, n) => ({
      id: id || `call_${n}`,
      name,
      arguments: typeof args === "string" ? args : JSON.stringify(args ?? {}),
    })),
    finish: finishOf(choice),
    counts: countsOf(usage),
    tokens: promptIds ? tokensOf(promptIds, choice) : null,
  };
}

/**
 * Reads the answer of `completions`.
 *
 * @throws {z.ZodError} If it has no choice with a text.
 */
export function readCompletion(json: unknown): Answer {
  const { choices: [choice], usage } = COMPLETION.parse(json);
  return {
    text: choice.text,
    toolCalls: [],
    finish: finishOf(choice),
    counts: countsOf(usage),
    tokens: tokensOf(null, choice),
  };
}

/**
 * Reads the answer of `models`: the names of the models that are served.
 *
 * @throws {z.ZodError} If it is no list of models.
 */
export function readModels(json: unknown): string[] {
  return MODELS.parse(json).data.map(({ id }) => id);
}

function finishOf(choice: { readonly finish_reason?: string | null }): Answer["finish"] {
  return choice.finish_reason === "length" ? "length" : "stop";
}

function countsOf(usage: z.infer<typeof USAGE>): TokenCounts | null {
  return usage
    ? {
      prompt: usage.prompt_tokens,
      cachedPrompt: usage.prompt_tokens_details?.cached_tokens ?? 0,
      completion: usage.completion_tokens,
    }
    : null;
}

/** The tokens, where there is an id and a logprob for each. */
function tokensOf(
  promptIds: readonly number[] | null,
  choice: Pick<z.infer<typeof COMPLETION>["choices"][number], "token_ids" | "logprobs">,
): SampledTokens | null {
  const { content, token_logprobs } = choice.logprobs ?? {};
  const ids = choice.token_ids ?? content?.map(({ id }) => id);
  const logprobs = content?.map(({ logprob }) => logprob) ?? token_logprobs;
  if (!ids || !logprobs || ids.length !== logprobs.length) return null;
  return areNumbers(ids) && areNumbers(logprobs) ? { promptIds, ids, logprobs } : null;
}

function areNumbers(values: readonly (number | null | undefined)[]): values is readonly number[] {
  return values.every((value) => typeof value === "number");
}
