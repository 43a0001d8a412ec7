/**
 * Supervised fine-tuning on demonstrations: the negative log likelihood of the chosen tokens.
 *
 * @module
 */

import { countTotals } from "./aggregation.ts";
import type { Algorithm, Surrogate } from "./algorithm.ts";

/**
 * `-(1 / chosen tokens) * sum of their logprobs`; advantages and sampled logprobs are not read.
 *
 * @example Two tokens, of which one was chosen
 * ```ts
 * import assert from "node:assert/strict";
 * import { negativeLogLikelihood } from "./sft.ts";
 *
 * const batch = { offsets: Int32Array.of(0, 2), actionMask: Uint8Array.of(0, 1) };
 * const { loss, gradient } = negativeLogLikelihood(Float64Array.of(-9, -2), batch);
 * assert.equal(loss, 2);
 * assert.deepEqual(gradient, Float64Array.of(0, -1));
 * ```
 */
export function negativeLogLikelihood(
  logprobs: Float64Array,
  batch: Pick<Parameters<Surrogate>[1], "offsets" | "actionMask">,
  totals = countTotals(batch),
): ReturnType<Surrogate> {
  const gradient = new Float64Array(logprobs.length);
  let loss = 0;
  for (let t = 0; t < logprobs.length; t++) {
    if (batch.actionMask[t] === 0) continue;
    loss -= logprobs[t] / totals.actionTokens;
    gradient[t] = -1 / totals.actionTokens;
  }
  return { loss, gradient, metrics: { "loss/negative_log_likelihood": loss } };
}

/** Every demonstration counts the same, so each step's advantage is 1. */
export const SFT: Algorithm = {
  name: "sft",
  isSupervised: true,
  advantages: (group) => group.map(({ rewards }) => rewards.process.map(() => 1)),
  keeps: () => true,
  resamples: false,
  surrogate: negativeLogLikelihood,
  options: {},
};
