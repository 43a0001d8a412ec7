/**
 * How a server makes one gradient of the losses of tokens, and the advantages by which its gradient
 * becomes the one that is wanted. Servers differ here, and nothing on the wire says how.
 *
 * Shapes: n tokens of a sequence that are predicted; the first token of a sequence is not.
 *
 * @module
 */

/** What the losses of all tokens are divided by. */
export const REDUCTIONS = ["sum", "sequence-sum-mean", "sequence-mean", "token-mean"] as const;

/** One of {@linkcode REDUCTIONS}; `sequence-mean` is the mean over sequences of their token means. */
export type Reduction = typeof REDUCTIONS[number];

/** Whether requests before an optimizer step count as one batch, or are each reduced and then added. */
export type Accumulation = "joint" | "added";

/** How a server reduces. */
export interface Reducing {
  readonly reduction: Reduction;
  readonly accumulation: Accumulation;
}

/**
 * What each sequence's gradient by logprob must be multiplied with, so that the server's reduction
 * leaves it as it is.
 *
 * With N sequences and T predicted tokens in what is reduced together, a sequence of n tokens has 1
 * under `sum`, N under `sequence-sum-mean`, `n N` under `sequence-mean` and T under `token-mean`.
 *
 * @example Two requests of three sequences
 * ```ts
 * import assert from "node:assert/strict";
 * import { gradientScales } from "./reduction.ts";
 *
 * const requests = [[4, 2], [5]];
 * const reduction = "sequence-mean";
 * assert.deepEqual(gradientScales(requests, { reduction, accumulation: "joint" }), [[12, 6], [15]]);
 * assert.deepEqual(gradientScales(requests, { reduction, accumulation: "added" }), [[8, 4], [5]]);
 * ```
 *
 * @param requests Tokens of each sequence of each request between two optimizer steps.
 * @returns In the same places.
 */
export function gradientScales(
  requests: readonly (readonly number[])[],
  { reduction, accumulation }: Reducing,
): number[][] {
  return requests.map((request) => {
    const together = accumulation === "joint" ? requests.flat() : request;
    const tokens = together.reduce((sum, n) => sum + n, 0);
    const scaleOf: Record<Reduction, (n: number) => number> = {
      "sum": () => 1,
      "sequence-sum-mean": () => together.length,
      "sequence-mean": (n) => n * together.length,
      "token-mean": () => tokens,
    };
    return request.map(scaleOf[reduction]);
  });
}
