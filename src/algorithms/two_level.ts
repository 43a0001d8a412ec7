/**
 * Two algorithms that add the steps' own advantages to GRPO's: GiGPO and MatchTIR.
 *
 * `A[i,s] = w_trajectory A_outcome[i] + w_step A_step[i,s]`, with discounted returns as step values.
 *
 * @module
 */

import { GRPO } from "./grpo.ts";
import type { Preset } from "./policy_gradient.ts";

/**
 * GiGPO (arXiv 2505.10978): steps taken from the same state are compared. Differences are not
 * divided by std (the code's `mean_norm`). Left out: its penalty of 0.1 for an invalid action.
 */
export const GIGPO: Preset = {
  ...GRPO,
  gamma: 0.95,
  creditForm: "rtg",
  normGroup: "anchor",
  normStd: false,
  trajectoryWeight: 1,
  stepWeight: 1,
};

/**
 * MatchTIR (arXiv 2601.10712): discounted process rewards of steps with the same index are
 * compared. Its code gives a step without counterpart its raw return. Left out: its KL term and entropy bonus (0.001).
 */
export const MATCHTIR: Preset = {
  lambda: 0,
  gamma: 0.9,
  creditForm: "rtg",
  smoothing: "none",
  normGroup: "step_index",
  singleton: "raw",
  trajectoryWeight: 0.5,
  stepWeight: 0.5,
};
