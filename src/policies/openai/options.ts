/**
 * Options of a model behind an OpenAI-compatible endpoint (docs/endpoints.md).
 *
 * @module
 */

import { choice, option, real, type Values } from "../../config/option.ts";

/** Where the model is served, how it is asked, and what that may cost. */
export const ENDPOINT_OPTIONS = {
  baseUrl: option("", "where the model is served, for instance http://127.0.0.1:8000/v1", "ours"),
  api: choice(
    "chat",
    ["chat", "completions"],
    "chat messages, or token ids by --tokenizer, which are exact over the turns",
    "ours",
  ),
  tokenizer: option(
    "",
    "the served model's folder or .gguf file, of which only the tokenizer is used (none = chat)",
    "ours",
  ),
  tools: choice(
    "text",
    ["text", "native"],
    "how tools are called: in the message's own text, or by the API's tool calls",
    "ours",
  ),
  tokenIds: choice(
    "auto",
    ["auto", "off"],
    "ask for token ids and logprobs, without which an episode cannot be trained on",
    "ours",
  ),
  maxTokens: option(1024, "longest assistant message, in tokens", "ours", {
    range: [1, 1_000_000],
  }),
  stop: option("", "text at which the server ends a message, which leaves it out", "ours"),
  concurrency: option(8, "requests at a time", "ours", { range: [1, 4096] }),
  requestTimeoutMs: option(300_000, "longest wait for an answer, in ms", "ours", {
    range: [1, 86_400_000],
  }),
  retries: option(8, "further tries of a request that failed for a passing reason", "ours", {
    range: [0, 1000],
  }),
  apiKeyEnv: option("", "environment variable with the key to send (none = no key)", "ours"),
  priceInput: real(0, "price of a million prompt tokens (0 = not known)", "ours", {
    range: [0, 1e9],
  }),
  priceOutput: real(0, "price of a million completion tokens (0 = not known)", "ours", {
    range: [0, 1e9],
  }),
  cache: choice(
    "on",
    ["on", "off"],
    "keep answers in the store, so that the same request is not made twice",
    "ours",
  ),
};

/** Values of {@linkcode ENDPOINT_OPTIONS}. */
export type EndpointOptions = Values<typeof ENDPOINT_OPTIONS>;
