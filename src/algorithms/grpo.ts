/**
 * GRPO (DeepSeekMath, arXiv 2402.03300) and its nearest relatives: one advantage a trajectory.
 *
 * `A[i] = (O[i] - mean(O)) / (std(O) + 1e-6)`, the same for all steps of trajectory i, with PPO's
 * clipped loss by token. As run today (verl's defaults): `token-mean`, clip 0.2, no KL term; the
 * paper has `seq-mean-token-mean` and a k3 term.
 *
 * @module
 */

import type { Preset } from "./policy_gradient.ts";

/** Outcome only, trajectories compared. */
export const GRPO = {
  lambda: 1,
  gamma: 1,
  smoothing: "none",
  normGroup: "trajectory",
} as const satisfies Preset;

/** Dr.GRPO (arXiv 2503.20783): no division by the standard deviation, nor by a response's length. */
export const DR_GRPO: Preset = {
  ...GRPO,
  normStd: false,
  aggregation: "seq-mean-token-sum-norm",
};

/** RLOO (arXiv 2402.14740): `A[i] = O[i] - mean of the other outcomes`. */
export const RLOO: Preset = { ...GRPO, baseline: "leaveOneOut" };
