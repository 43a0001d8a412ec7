/**
 * What an endpoint was asked for: tokens, and what they cost.
 *
 * @module
 */

/** Counts by name. */
export interface Usage {
  /** Answers, those from the cache included. */
  readonly answers: number;
  /** Answers that were kept from an earlier request; all that follows is about the others. */
  readonly cached_answers: number;
  /** Tries that failed for a passing reason. */
  readonly failed_tries: number;
  /** Answers with token ids and logprobs, those from the cache included. */
  readonly answers_with_tokens: number;
  /** Answers of which the server did not tell the tokens. */
  readonly answers_without_usage: number;
  readonly prompt_tokens: number;
  /** Prompt tokens that the server had computed before. */
  readonly cached_prompt_tokens: number;
  readonly completion_tokens: number;
}

/** Nothing asked yet. */
export const NO_USAGE: Usage = {
  answers: 0,
  cached_answers: 0,
  failed_tries: 0,
  answers_with_tokens: 0,
  answers_without_usage: 0,
  prompt_tokens: 0,
  cached_prompt_tokens: 0,
  completion_tokens: 0,
};

/** Prices of a million tokens, in any currency; 0 where not known. */
export interface Prices {
  readonly priceInput: number;
  readonly priceOutput: number;
}

/**
 * The price of what was asked for; null where a price or a count is not known. Prompt tokens that the
 * server had cached count in full, so what is billed may be less.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cost, NO_USAGE } from "./usage.ts";
 *
 * const usage = { ...NO_USAGE, answers: 3, prompt_tokens: 2e6, completion_tokens: 1e5 };
 * assert.equal(cost(usage, { priceInput: 0.5, priceOutput: 2 }), 1.2);
 * assert.equal(cost(usage, { priceInput: 0, priceOutput: 2 }), null);
 * ```
 */
export function cost(usage: Usage, { priceInput, priceOutput }: Prices): number | null {
  if (priceInput === 0 || priceOutput === 0 || usage.answers_without_usage > 0) return null;
  return (usage.prompt_tokens * priceInput + usage.completion_tokens * priceOutput) / 1e6;
}

/** What was asked for, in two lines. */
export function usageText(usage: Usage, prices: Prices): string {
  const total = cost(usage, prices);
  const parts = [
    `${usage.answers - usage.cached_answers} asked for, ${usage.cached_answers} from the cache`,
    counted(usage.failed_tries, "tries failed"),
    `${usage.prompt_tokens} prompt tokens (${usage.cached_prompt_tokens} cached by the server)`,
    `${usage.completion_tokens} completion tokens`,
    counted(usage.answers_without_usage, "answers whose tokens are not known"),
    total === null ? "" : `cost ${total.toPrecision(4)}`,
  ];
  return [
    `${usage.answers} answers: ${parts.filter((part) => part !== "").join("; ")}`,
    trainabilityText(usage),
  ].join("\n");
}

function trainabilityText({ answers, answers_with_tokens: withTokens }: Usage): string {
  return withTokens === 0
    ? "The server gives text without token ids and logprobs: fit for evaluation, not for training"
    : `Token ids and logprobs came with ${withTokens} of ${answers} answers`;
}

function counted(count: number, what: string): string {
  return count === 0 ? "" : `${count} ${what}`;
}
