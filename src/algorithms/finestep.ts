/**
 * FineStep (arXiv 2605.04719), a **reconstruction**: the paper names the operations, their
 * formulas and constants are ours (docs/method.md). The pipeline, for step s of trajectory i:
 *
 * - `r[i,s]  = hard[i,s] * (1/2 + 1/2 recall[i,s])`, the process reward (rewards/score.ts)
 * - `rs[i,:] = smoothed(r[i,:])` (credit/smooth.ts)
 * - `v[i,s]  = lambda gamma^(S_i - 1 - s) O[i] + (1 - lambda) rs[i,s]` (credit/assign.ts)
 * - `A[i,s]  = (v[i,s] - mean(v)) / (std(v) + 1e-6)` over all steps of the group (credit/normalize.ts)
 * - PPO's clipped loss with `A[i,s]` on the tokens of step s (surrogate.ts)
 *
 * @module
 */

import type { Preset } from "./policy_gradient.ts";

/** All defaults. */
export const FINESTEP: Preset = {};

/** The defaults, with steps of the same index compared; REWARD_PRESETS (rewards/options.ts) guards the recall. */
export const FINESTEP_GUARDED: Preset = { normGroup: "step_index", singleton: "zero" };

/** The paper's AIME24 run: no smoothing, lambda 0.8; REWARD_PRESETS turns its soft reward off. */
export const FINESTEP_AIME24: Preset = { lambda: 0.8, smoothing: "none" };

/** The ablation without process rewards: steps differ by the discounted outcome only. */
export const FINESTEP_OUTCOME_ONLY: Preset = { lambda: 1 };
