/**
 * What repeats of a run with other seeds say: mean, standard deviation and Student's interval, of a
 * number, of a difference and along a learning curve.
 *
 * @module
 */

import type { Interval } from "./interval.ts";
import { studentQuantile } from "./quantiles.ts";

/** A mean over n independent values. */
export interface MeanAndSd {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation with n - 1 in the denominator; null for one value, which has none. */
  readonly sd: number | null;
  /** Of the mean; null for one value, which says nothing of the next. */
  readonly interval: Interval | null;
}

/**
 * Mean and standard deviation, with Student's 95% interval of the mean (Student 1908, "The probable error
 * of a mean", Biometrika 6:1). The values are taken as independent and roughly normal.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { meanAndSd } from "./seeds.ts";
 *
 * const { mean, sd, interval } = meanAndSd([60, 62, 64]);
 * assert.deepEqual([mean, sd], [62, 2]);
 * assert.equal(`${interval!.low.toFixed(2)} ${interval!.high.toFixed(2)}`, "57.03 66.97");
 * assert.deepEqual(meanAndSd([60]), { n: 1, mean: 60, sd: null, interval: null });
 * ```
 *
 * @throws {RangeError} If there is no value.
 */
export function meanAndSd(values: readonly number[]): MeanAndSd {
  const n = values.length;
  if (n === 0) throw new RangeError("Cannot average as there must be a value: there is none");
  // From the first value on, so that equal values have exactly no deviation.
  const [first] = values;
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / n;
  if (n === 1) return { n, mean, sd: null, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const sd = Math.sqrt(squares / (n - 1));
  const radius = studentQuantile(0.975, n - 1) * sd / Math.sqrt(n);
  return { n, mean, sd, interval: { low: mean - radius, high: mean + radius } };
}

/**
 * Student's 95% interval of the difference of two means, `after - before`, of values taken as independent,
 * roughly normal and of one variance (Student 1908; R. A. Fisher 1925, "Applications of Student's
 * distribution", Metron 5:90).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { meanDifferenceInterval } from "./seeds.ts";
 *
 * const { low, high } = meanDifferenceInterval([60, 62, 64], [65, 66, 67])!;
 * assert.equal(`${low.toFixed(2)} ${high.toFixed(2)}`, "0.42 7.58");
 * ```
 *
 * @returns Null where one side has a single value or none.
 */
export function meanDifferenceInterval(
  before: readonly number[],
  after: readonly number[],
): Interval | null {
  if (before.length < 2 || after.length < 2) return null;
  const [a, b] = [meanAndSd(before), meanAndSd(after)];
  const degrees = a.n + b.n - 2;
  const variance = ((a.n - 1) * a.sd! ** 2 + (b.n - 1) * b.sd! ** 2) / degrees;
  const radius = studentQuantile(0.975, degrees) * Math.sqrt(variance * (1 / a.n + 1 / b.n));
  const difference = b.mean - a.mean;
  return { low: difference - radius, high: difference + radius };
}

/**
 * The mean learning curve with its band: at each point {@linkcode meanAndSd} of the series that reach
 * it. The band holds at each point by itself, not along the whole curve.
 *
 * Where a series ends the mean is of others than before, so it may jump without anything having been
 * learnt: draw a point whose `n` is smaller than the first's apart, or not at all.
 *
 * @example The second of two series ends after one point
 * ```ts
 * import assert from "node:assert/strict";
 * import { learningCurve } from "./seeds.ts";
 *
 * const points = learningCurve([[0.2, 0.5], [0.4]]);
 * assert.deepEqual(points.map(({ n }) => n), [2, 1]);
 * assert.deepEqual(points[1], { n: 1, mean: 0.5, sd: null, interval: null });
 * ```
 *
 * @param series A series of values for each seed; the same index is the same moment in all.
 * @returns As many points as the longest series has.
 */
export function learningCurve(series: readonly (readonly number[])[]): MeanAndSd[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length }, (_, index) => {
    const reaching = series.filter((values) => values.length > index);
    return meanAndSd(reaching.map((values) => values[index]));
  });
}
