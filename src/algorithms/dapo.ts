/**
 * DAPO (arXiv 2503.14476) as FineStep's appendix compares with it: GRPO with clip-higher,
 * dynamic sampling and the token-level loss. Its overlong reward shaping is left out, as there.
 *
 * - clip-higher: the ratio may rise to 1.28 but fall only to 0.8, which keeps exploration alive
 * - dynamic sampling: a group whose outcomes are all equal teaches nothing and is replaced
 *
 * @module
 */

import { GRPO } from "./grpo.ts";
import type { Preset } from "./policy_gradient.ts";

/** GRPO with DAPO's three parts. */
export const DAPO: Preset = {
  ...GRPO,
  clipLow: 0.2,
  clipHigh: 0.28,
  aggregation: "token-mean",
  dropZeroVariance: "outcome",
  resample: true,
};
