/**
 * The options of credit assignment. The paper names the operations; every number is reconstructed.
 *
 * @module
 */

import { choice, option, real, type Values } from "../config/option.ts";

/** What decides a step's advantage; the defaults are the preset `finestep.default`. */
export const CREDIT_OPTIONS = {
  lambda: option(
    0.5,
    "weight of the outcome; the process reward has 1 - lambda (the paper's AIME24 run: 0.8, called larger)",
    "reconstructed",
    { range: [0, 1] },
  ),
  gamma: option(
    0.9,
    "discount per step (1 = off); discounting is named in summaries of the paper, MatchTIR uses 0.9",
    "reconstructed",
    { range: [0, 1] },
  ),
  creditForm: choice(
    "split",
    ["split", "rtg"],
    "split: outcome discounted, process smoothed, then mixed; rtg: discounted return of the mixture",
    "reconstructed",
  ),
  smoothing: choice(
    "neighbor",
    ["neighbor", "ema_bwd", "ema_fwd", "trajMean", "none"],
    "how process rewards are smoothed between steps (the paper's AIME24 run: none)",
    "reconstructed",
  ),
  smoothingStrength: option(
    0.5,
    "share of a smoothed reward that comes from other steps (0 = off)",
    "reconstructed",
    { range: [0, 1] },
  ),
  normGroup: choice(
    "pooled",
    ["pooled", "step_index", "anchor", "trajectory"],
    "steps compared: all of the group, same index (MatchTIR), same state (GiGPO), or whole trajectories (GRPO)",
    "reconstructed",
  ),
  baseline: choice(
    "mean",
    ["mean", "leaveOneOut"],
    "what is subtracted: the mean of those compared, or of the others only (RLOO; never divided by std)",
    "neighbour",
  ),
  normStd: option(
    true,
    "whether differences are divided by std + 1e-6 (GRPO; false in Dr.GRPO and GiGPO)",
    "neighbour",
  ),
  singleton: choice(
    "zero",
    ["zero", "raw"],
    "advantage of what is compared with nothing: 0, or its own value (verl, MatchTIR), which pays for length",
    "ours",
  ),
  trajectoryWeight: real(
    0,
    "weight of the outcome's own advantage beside the step's (0 = off; GiGPO 1, MatchTIR 0.5)",
    "neighbour",
    { range: [0, Infinity] },
  ),
  stepWeight: real(
    1,
    "weight of the step's advantage (GiGPO 1, MatchTIR 0.5)",
    "neighbour",
    { range: [0, Infinity] },
  ),
};

/** The values of {@link CREDIT_OPTIONS}. */
export type CreditOptions = Values<typeof CREDIT_OPTIONS>;
