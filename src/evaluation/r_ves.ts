/**
 * R-VES: BIRD's reward for right answers that run as fast as the gold SQL (bird-bench/mini_dev
 * `evaluation_ves.py`), from times that were measured before.
 *
 * @module
 */

/**
 * How many times faster the prediction ran than the gold SQL: the mean over repetitions of gold time
 * by predicted time, without those that are 3 standard deviations or more away from their mean.
 *
 * The official code raises where nothing is left to average, as when all ratios are equal, or where a
 * predicted time is 0, and then gives no reward; here the ratio is 0, which {@linkcode rVesReward}
 * gives no reward. Whether nearly equal ratios are equal depends on rounding, so sums are numpy's.
 *
 * @example An outlier does not count
 * ```ts
 * import assert from "node:assert/strict";
 * import { rVesReward, timeRatio } from "./r_ves.ts";
 *
 * const predicted = new Array(20).fill(1);
 * const gold = [...new Array(10).fill(1.25), ...new Array(9).fill(1.75), 1000];
 * assert.equal(rVesReward(timeRatio(gold, predicted)), 1);
 * assert.equal(timeRatio([1, 1], [1, 1]), 0);
 * ```
 *
 * @param goldSeconds Times of the gold SQL, one for each repetition.
 * @param predictedSeconds Times of the predicted SQL in the same repetitions.
 * @throws {RangeError} If the two differ in length.
 */
export function timeRatio(
  goldSeconds: ArrayLike<number>,
  predictedSeconds: ArrayLike<number>,
): number {
  if (goldSeconds.length !== predictedSeconds.length) {
    throw new RangeError(
      `Cannot compare times as each repetition must have two: ` +
        `${goldSeconds.length} of gold and ${predictedSeconds.length} predicted`,
    );
  }
  const ratios = Float64Array.from(goldSeconds, (seconds, i) => seconds / predictedSeconds[i]);
  if (!ratios.every(Number.isFinite)) return 0;
  const kept = withoutOutliers(ratios);
  return kept.length === 0 ? 0 : kept.reduce((sum, ratio) => sum + ratio, 0) / kept.length;
}

/** The reward of a right answer by its {@linkcode timeRatio}: 1.25 from 2 on, 1 from 1 on, then 0.75, 0.5, 0.25. */
export function rVesReward(tau: number): number {
  if (tau === 0) return 0;
  if (tau >= 2) return 1.25;
  if (tau >= 1) return 1;
  if (tau >= 0.5) return 0.75;
  return tau >= 0.25 ? 0.5 : 0.25;
}

/** `clean_abnormal`: both bounds are strict, so that nothing is left where all are equal. */
function withoutOutliers(ratios: Float64Array): Float64Array {
  const mean = pairwiseSum(ratios) / ratios.length;
  const variance = pairwiseSum(ratios.map((ratio) => (ratio - mean) ** 2)) / ratios.length;
  const radius = 3 * Math.sqrt(variance);
  return ratios.filter((ratio) => mean - radius < ratio && ratio < mean + radius);
}

/** The sum in numpy's order (`pairwise_sum` of loops_utils.h): eight at a time, halves above 128. */
function pairwiseSum(values: Float64Array): number {
  const n = values.length;
  if (n < 8) return values.reduce((sum, value) => sum + value, 0);
  if (n > 128) {
    const half = (n >> 1) - (n >> 1) % 8;
    return pairwiseSum(values.subarray(0, half)) + pairwiseSum(values.subarray(half));
  }
  const r = values.slice(0, 8);
  const whole = n - n % 8;
  for (let i = 8; i < whole; i++) r[i % 8] += values[i];
  const sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  return values.subarray(whole).reduce((total, value) => total + value, sum);
}
