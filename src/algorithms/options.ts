/**
 * What the algorithms differ in, as data: credit, surrogate loss, and which groups are kept.
 *
 * @module
 */

import { choice, option, real, type Values } from "../config/option.ts";
import { CREDIT_OPTIONS } from "../credit/options.ts";

/** What decides the surrogate loss. */
export const SURROGATE_OPTIONS = {
  ratio: choice(
    "token",
    ["token", "step", "sequence"],
    "unit whose probability ratio is clipped: token (PPO), step, or sequence (GSPO)",
    "reconstructed",
  ),
  objective: choice(
    "clip",
    ["clip", "cispo"],
    "clip: PPO's pessimistic minimum; cispo: clipped ratio as a constant weight of the logprob",
    "reconstructed",
  ),
  clipLow: option(
    0.2,
    "ratios below 1 - clipLow are clipped (GSPO 3e-4)",
    "neighbour",
    { range: [0, Infinity] },
  ),
  clipHigh: option(
    0.2,
    "ratios above 1 + clipHigh are clipped (DAPO 0.28, GSPO 4e-4)",
    "neighbour",
    { range: [0, Infinity] },
  ),
  dualClip: real(
    0,
    "bound c of the loss at -c * advantage where the advantage is negative (0 = off; verl 3)",
    "neighbour",
    { range: [0, Infinity] },
  ),
  aggregation: choice(
    "token-mean",
    [
      "token-mean",
      "token-sum",
      "seq-mean-token-sum",
      "seq-mean-token-mean",
      "seq-mean-token-sum-norm",
    ],
    "how token losses become one number (DAPO token-mean, the first GRPO seq-mean-token-mean)",
    "reconstructed",
  ),
  normTokens: option(
    4096,
    "divisor of seq-mean-token-sum-norm, in tokens (Dr.GRPO: the longest response allowed)",
    "neighbour",
    { range: [1, Infinity] },
  ),
  klCoefficient: real(
    0,
    "weight of the KL term to the reference policy (0 = off; MatchTIR 0.001)",
    "neighbour",
    { range: [0, Infinity] },
  ),
  klEstimator: choice(
    "k3",
    ["k1", "abs", "k2", "k3", "k1+", "k3+"],
    "estimate of the KL term (Schulman); k1+ and k3+ have the gradient of k2",
    "neighbour",
  ),
};

/** The values of {@link SURROGATE_OPTIONS}. */
export type SurrogateOptions = Values<typeof SURROGATE_OPTIONS>;

/** What decides which groups are trained on. */
export const SELECTION_OPTIONS = {
  dropZeroVariance: choice(
    "none",
    ["none", "outcome", "step"],
    "groups left out: none, those with equal outcomes (DAPO), or those without any advantage",
    "ours",
  ),
  resample: option(
    false,
    "whether groups left out are replaced by sampling more (DAPO's dynamic sampling)",
    "neighbour",
  ),
};

/** All that a policy-gradient algorithm is made of; the defaults are `finestep.default`. */
export const ALGORITHM_OPTIONS = { ...CREDIT_OPTIONS, ...SURROGATE_OPTIONS, ...SELECTION_OPTIONS };

/** The values of {@link ALGORITHM_OPTIONS}. */
export type AlgorithmOptions = Values<typeof ALGORITHM_OPTIONS>;
