/**
 * Estimates of KL(policy || reference) from one sampled token each
 * (Schulman, http://joschu.net/blog/kl-approx.html), with their derivatives by the logprob.
 *
 * @module
 */

import type { SurrogateOptions } from "./options.ts";

/** A number with its derivative by the token's logprob. */
export interface WithSlope {
  readonly value: number;
  readonly slope: number;
}

/** verl's bound of k3, so that one far token does not decide the whole update. */
const K3_LIMIT = 10;

/** Estimates by name, of `d = logprob - referenceLogprob`. */
const ESTIMATORS: Record<SurrogateOptions["klEstimator"], (d: number) => WithSlope> = {
  k1: (d) => ({ value: d, slope: 1 }),
  abs: (d) => ({ value: Math.abs(d), slope: Math.sign(d) }),
  k2,
  k3,
  "k1+": (d) => ({ value: d, slope: k2(d).slope }),
  "k3+": (d) => ({ value: k3(d).value, slope: k2(d).slope }),
};

/**
 * One token's KL estimate: k1 = `d`, k2 = `d^2 / 2`, k3 = `exp(-d) - 1 + d`, with
 * `d = logprob - referenceLogprob`. k3 is never negative and has no bias (GRPO's choice).
 *
 * `k1+` and `k3+` keep the value and take the gradient of k2, which has no bias where that of the
 * plain estimates has.
 *
 * @example Equal policies are at distance 0
 * ```ts
 * import assert from "node:assert/strict";
 * import { klEstimate } from "./kl.ts";
 *
 * assert.deepEqual(klEstimate("k3", 0), { value: 0, slope: 0 });
 * ```
 */
export function klEstimate(estimator: SurrogateOptions["klEstimator"], d: number): WithSlope {
  return ESTIMATORS[estimator](d);
}

function k2(d: number): WithSlope {
  return { value: d * d / 2, slope: d };
}

function k3(d: number): WithSlope {
  const value = Math.expm1(-d) + d;
  return value > K3_LIMIT ? { value: K3_LIMIT, slope: 0 } : { value, slope: -Math.expm1(-d) };
}
