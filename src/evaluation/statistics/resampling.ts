/**
 * What all bootstraps do alike: draw with replacement, sum what was drawn, and read an interval and a p-value off the
 * values of the resamples.
 *
 * @module
 */

import type { Rng } from "../../config/rng.ts";
import type { Difference } from "./interval.ts";

/** How a bootstrap draws. */
export interface BootstrapOptions {
  /** The same seed gives the same interval. */
  readonly seed: number;
  /** Number of resamples (B), at least 39; p-values are multiples of 2 / (B + 1). */
  readonly resamples?: number;
}

/** The number of resamples, 10,000 if none is given. */
export function resamplesOf({ resamples = 10_000 }: BootstrapOptions): number {
  if (Number.isInteger(resamples) && resamples >= 39) return resamples;
  throw new RangeError(
    `Cannot resample as the number of resamples must be an integer of at least 39, ` +
      `for a 95% interval: current value is ${resamples}`,
  );
}

/** A number that depends on the questions drawn. */
export interface Statistic {
  /** Whether it is the same for every draw. */
  readonly isConstant: boolean;
  /** @param drawn Indices of questions, shape (n,). */
  of(drawn: Int32Array): number;
}

/** The sum of the values drawn. */
export function drawnSum(values: Float64Array): Statistic {
  if (values.every((value) => value === values[0])) {
    const total = values.length === 0 ? 0 : values.length * values[0];
    return { isConstant: true, of: () => total };
  }
  return {
    isConstant: false,
    of(drawn) {
      let total = 0;
      for (let i = 0; i < drawn.length; i++) total += values[drawn[i]];
      return total;
    },
  };
}

/**
 * The percentile interval and the p-value of a difference. With B resamples in order, the bounds are
 * those at the places (B + 1) / 40 from either end, rounded outward, and the p-value is twice the share
 * that lies on the other side of 0 or on it, as (count + 1) / (B + 1), at most 1 (A. C. Davison and
 * D. V. Hinkley 1997, "Bootstrap Methods and their Application", sections 4.2.3 and 5.3.1). So the p-value is at
 * most 0.05 exactly where the interval leaves 0 out, and never below 2 / (B + 1).
 *
 * @example The 39 values from 0 to 38 leave 0 in
 * ```ts
 * import assert from "node:assert/strict";
 * import { percentileDifference } from "./resampling.ts";
 *
 * const values = Float64Array.from({ length: 39 }, (_, index) => index);
 * assert.deepEqual(percentileDifference(19, values), { estimate: 19, low: 0, high: 38, pValue: 0.1 });
 * ```
 *
 * @param values Of the resamples, shape (B,); sorted in place.
 */
export function percentileDifference(estimate: number, values: Float64Array): Difference {
  values.sort();
  const place = Math.floor((values.length + 1) / 40);
  const atMost = values.reduce((count, value) => count + Number(value <= 0), 0);
  const atLeast = values.reduce((count, value) => count + Number(value >= 0), 0);
  return {
    estimate,
    low: values[place - 1],
    high: values[values.length - place],
    pValue: Math.min(1, 2 * (Math.min(atMost, atLeast) + 1) / (values.length + 1)),
  };
}

/** Fills `drawn` with indices below n, drawn with replacement. */
export function drawIndices(drawn: Int32Array, n: number, rng: Rng): void {
  const size = drawn.length;
  if (n > 0xffff) {
    for (let i = 0; i < size; i++) drawn[i] = rng.below(n);
    return;
  }
  // Two draws from 32 bits, in a third of the time of Rng.below(), each even by rejection (D. Lemire
  // 2019, "Fast random integer generation in an interval").
  const rejected = 0x10000 % n;
  for (let i = 0; i < size;) {
    const bits = rng.bits();
    const first = (bits >>> 16) * n;
    const second = (bits & 0xffff) * n;
    if ((first & 0xffff) >= rejected) drawn[i++] = first >>> 16;
    if ((second & 0xffff) >= rejected && i < size) drawn[i++] = second >>> 16;
  }
}
