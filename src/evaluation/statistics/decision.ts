/**
 * Whether a claim about two systems holds, by rules that are written before the systems are compared
 * (docs/decision_rules.md).
 *
 * @module
 */

import type { Interval } from "./interval.ts";

/** One thing that a claim says: that a measure got better, or not worse by more than a margin. */
export interface ClaimPart {
  /** 95% interval of the difference `after - before`. */
  readonly interval: Interval;
  /** Which way the measure is better. */
  readonly better: "higher" | "lower";
  /**
   * The loss that the claim allows, in the measure's unit: 0 claims superiority, more claims
   * non-inferiority, less claims a gain of more than that.
   */
  readonly margin: number;
  /** Two-sided, adjusted for the number of claims; where given, support needs at most 0.05 too. */
  readonly pValue?: number;
}

/** What the data say of a claim. */
export type Decision = "supported" | "not supported" | "inconclusive";

/**
 * Decides a claim: it is supported if each part is, not supported if a part is not, and otherwise
 * inconclusive. A part is supported if its whole interval lies beyond the margin, not supported if
 * none of it does (intervals for non-inferiority: G. Piaggio et al. 2012, "Reporting of noninferiority
 * and equivalence randomized trials", JAMA 308:2594). That all parts must hold makes no correction for
 * their number necessary (R. L. Berger 1982, "Multiparameter hypothesis testing and acceptance sampling",
 * Technometrics 24:295).
 *
 * @example Fewer redundant calls, at a loss of EX of less than a point
 * ```ts
 * import assert from "node:assert/strict";
 * import { decision } from "./decision.ts";
 *
 * const fewer = { interval: { low: -0.12, high: -0.05 }, better: "lower", margin: 0 } as const;
 * const noLoss = { better: "higher", margin: 0.01 } as const;
 * assert.equal(decision([fewer, { ...noLoss, interval: { low: -0.005, high: 0.02 } }]), "supported");
 * assert.equal(decision([fewer, { ...noLoss, interval: { low: -0.03, high: 0.02 } }]), "inconclusive");
 * assert.equal(decision([fewer, { ...noLoss, interval: { low: -0.03, high: -0.02 } }]), "not supported");
 * ```
 *
 * @throws {RangeError} If the claim has no part, or a bound or margin is not a number.
 */
export function decision(claim: readonly ClaimPart[]): Decision {
  if (claim.length === 0) {
    throw new RangeError("Cannot decide a claim as it must have a part: there is none");
  }
  const decisions = claim.map(decisionOfPart);
  if (decisions.includes("not supported")) return "not supported";
  return decisions.includes("inconclusive") ? "inconclusive" : "supported";
}

function decisionOfPart(
  { interval: { low, high }, better, margin, pValue = 0 }: ClaimPart,
): Decision {
  // A missing number would pass for "inconclusive".
  if (!(low <= high) || Number.isNaN(margin) || Number.isNaN(pValue)) {
    throw new RangeError(
      `Cannot decide a claim as it needs an interval, a margin and a p-value: ` +
        `current values are ${low} to ${high}, ${margin} and ${pValue}`,
    );
  }
  const [worst, best] = better === "higher" ? [low, high] : [-high, -low];
  if (best <= -margin) return "not supported";
  return worst > -margin && pValue <= 0.05 ? "supported" : "inconclusive";
}
