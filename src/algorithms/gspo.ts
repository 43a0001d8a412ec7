/**
 * GSPO (arXiv 2507.18071): GRPO with the sequence as the unit of importance.
 *
 * `s[i] = exp(mean over chosen tokens of (logprob - sampledLogprob))` is clipped in place of token
 * ratios. It is normalized by length, so it stays close to 1 and its clip range is narrow.
 *
 * @module
 */

import { GRPO } from "./grpo.ts";
import type { Preset } from "./policy_gradient.ts";

/** GRPO with sequence ratios; clip range of the paper's section 5.1. */
export const GSPO: Preset = {
  ...GRPO,
  ratio: "sequence",
  clipLow: 3e-4,
  clipHigh: 4e-4,
  aggregation: "seq-mean-token-mean",
};
