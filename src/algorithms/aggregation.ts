/**
 * How the losses of tokens become one number: the weight of each token in the sum.
 *
 * Shapes: T tokens of all trajectories together.
 *
 * @module
 */

import type { Batch } from "../trajectory/batch.ts";
import type { Totals } from "./algorithm.ts";
import type { SurrogateOptions } from "./options.ts";

/**
 * Chosen tokens, and trajectories that have any.
 *
 * @example Two trajectories, one without a chosen token
 * ```ts
 * import assert from "node:assert/strict";
 * import { countTotals } from "./aggregation.ts";
 *
 * const batch = { offsets: Int32Array.of(0, 2, 3), actionMask: Uint8Array.of(1, 1, 0) };
 * assert.deepEqual(countTotals(batch), { actionTokens: 2, trajectories: 1 });
 * ```
 */
export function countTotals(batch: Pick<Batch, "offsets" | "actionMask">): Totals {
  const counts = actionCounts(batch);
  return {
    actionTokens: counts.reduce((sum, count) => sum + count, 0),
    trajectories: counts.filter((count) => count > 0).length,
  };
}

/** Chosen tokens of each trajectory, shape (N,). */
function actionCounts({ offsets, actionMask }: Pick<Batch, "offsets" | "actionMask">): Int32Array {
  const counts = new Int32Array(offsets.length - 1);
  for (let n = 0; n < counts.length; n++) {
    for (let t = offsets[n]; t < offsets[n + 1]; t++) counts[n] += actionMask[t];
  }
  return counts;
}

/**
 * Weight of each token, so that the loss is the sum of `weights[t] * losses[t]` (the modes and
 * their names are verl's `agg_loss`). With N trajectories that have chosen tokens, n of them in
 * the token's own trajectory:
 *
 * - `token-mean`: 1 over all chosen tokens
 * - `token-sum`: 1
 * - `seq-mean-token-sum`: 1 / N
 * - `seq-mean-token-mean`: 1 / (n N)
 * - `seq-mean-token-sum-norm`: 1 / (`normTokens` N), as in verl@1dda039b; verl@b178a3cd had no N
 *
 * @example A trajectory of two chosen tokens and one of one
 * ```ts
 * import assert from "node:assert/strict";
 * import { countTotals, tokenWeights } from "./aggregation.ts";
 *
 * const batch = { offsets: Int32Array.of(0, 2, 3), actionMask: Uint8Array.of(1, 1, 1) };
 * const options = { aggregation: "seq-mean-token-mean", normTokens: 1 } as const;
 * const weights = tokenWeights(batch, options, countTotals(batch));
 * assert.deepEqual(weights, Float64Array.of(0.25, 0.25, 0.5));
 * ```
 *
 * @param totals Counts of the whole batch; with those, losses of micro-batches add up to its loss.
 * @returns Shape (T,), 0 where `actionMask` is 0.
 */
export function tokenWeights(
  batch: Pick<Batch, "offsets" | "actionMask">,
  { aggregation, normTokens }: Pick<SurrogateOptions, "aggregation" | "normTokens">,
  totals: Totals,
): Float64Array {
  const weightOf: Record<SurrogateOptions["aggregation"], (count: number) => number> = {
    "token-mean": () => 1 / totals.actionTokens,
    "token-sum": () => 1,
    "seq-mean-token-sum": () => 1 / totals.trajectories,
    "seq-mean-token-mean": (count) => 1 / (count * totals.trajectories),
    "seq-mean-token-sum-norm": () => 1 / (normTokens * totals.trajectories),
  };
  const weights = new Float64Array(batch.actionMask.length);
  actionCounts(batch).forEach((count, n) => {
    const weight = weightOf[aggregation](count);
    for (let t = batch.offsets[n]; t < batch.offsets[n + 1]; t++) {
      if (batch.actionMask[t] === 1) weights[t] = weight;
    }
  });
  return weights;
}
