/**
 * The difference of two algorithms that were each run with several seeds on the same questions.
 *
 * @module
 */

import { Rng } from "../../config/rng.ts";
import type { QuestionSums } from "./bootstrap.ts";
import type { Difference } from "./interval.ts";
import {
  type BootstrapOptions,
  drawIndices,
  drawnSum,
  percentileDifference,
  resamplesOf,
} from "./resampling.ts";

/**
 * The difference of two algorithms' rates, `after - before`, for new seeds and new questions alike. The
 * rate is the ratio of sums over all seeds and questions. A resample draws questions, the same for all
 * runs, and seeds, for each algorithm by itself, as a run's partner of the same seed is no twin of it
 * (P. McCullagh 2000, "Resampling and exchangeable arrays", Bernoulli 6:285; A. B. Owen 2007, "The pigeonhole
 * bootstrap", Annals of Applied Statistics 1:386).
 *
 * Of S seeds S - 1 are drawn: the variance of a mean over few seeds is else too small by (S - 1) / S
 * (P. J. McCarthy and C. B. Snowden 1985, "The bootstrap and finite population sampling", Vital and Health
 * Statistics 2(95)). Chance within a run is counted more than once, so the interval is too wide where
 * seeds do not differ.
 *
 * @example Two seeds of each, three questions, the second run of `after` better by one
 * ```ts
 * import assert from "node:assert/strict";
 * import { bootstrapSeedDifference } from "./seed_bootstrap.ts";
 *
 * const run = (...right: number[]) => ({
 *   numerators: Float64Array.from(right),
 *   denominators: Float64Array.of(1, 1, 1),
 * });
 * const { estimate, low } = bootstrapSeedDifference(
 *   [run(1, 0, 0), run(1, 0, 0)],
 *   [run(1, 0, 0), run(1, 1, 0)],
 *   { seed: 1 },
 * );
 * assert.equal(estimate.toFixed(4), "0.1667");
 * assert.equal(low, 0);
 * ```
 *
 * @param before A rate for each seed, over the same questions in the same order.
 * @param after The other algorithm's, over the same questions; it may have other seeds, and more or fewer.
 * @returns With a single seed of each, what `bootstrapDifferences()` says of the two runs.
 * @throws {RangeError} If an algorithm has no seed, runs differ in the number of questions, or there are
 * fewer than 39 resamples.
 */
export function bootstrapSeedDifference(
  before: readonly QuestionSums[],
  after: readonly QuestionSums[],
  options: BootstrapOptions,
): Difference {
  if (before.length === 0 || after.length === 0) {
    throw new RangeError(
      `Cannot compare algorithms as each must have a seed: there are ${before.length} and ${after.length}`,
    );
  }
  const n = before[0].numerators.length;
  const other = [...before, ...after].find(({ numerators }) => numerators.length !== n);
  if (other) {
    throw new RangeError(
      `Cannot compare algorithms as all runs must answer the same questions: ` +
        `there are runs of ${n} and of ${other.numerators.length}`,
    );
  }
  const [a, b] = [rate(before), rate(after)];
  const questions = Int32Array.from({ length: n }, (_, index) => index);
  const estimate = b(Int32Array.from(after.keys()), questions) -
    a(Int32Array.from(before.keys()), questions);
  const [drawnBefore, drawnAfter] = [before, after]
    .map(({ length }) => new Int32Array(Math.max(1, length - 1)));
  // Apart, so that one seed gives the draws of bootstrapDifferences().
  const ofQuestions = new Rng(options.seed, "bootstrap");
  const ofSeeds = new Rng(options.seed, "bootstrap", "seeds");
  const values = new Float64Array(resamplesOf(options)).map(() => {
    drawIndices(questions, n, ofQuestions);
    drawIndices(drawnBefore, before.length, ofSeeds);
    drawIndices(drawnAfter, after.length, ofSeeds);
    return b(drawnAfter, questions) - a(drawnBefore, questions);
  });
  return percentileDifference(estimate, values);
}

/** The ratio of sums over the seeds and questions drawn; 0 where the denominators sum to 0. */
function rate(runs: readonly QuestionSums[]) {
  const numerators = runs.map((run) => drawnSum(run.numerators));
  const denominators = runs.map((run) => drawnSum(run.denominators));
  return (seeds: Int32Array, questions: Int32Array): number => {
    let [numerator, denominator] = [0, 0];
    for (const seed of seeds) {
      numerator += numerators[seed].of(questions);
      denominator += denominators[seed].of(questions);
    }
    return denominator === 0 ? 0 : numerator / denominator;
  };
}
