/**
 * Intervals for rates and their differences by resampling questions, or clusters of them.
 *
 * The unit of resampling is the question: tool calls of one question, or attempts at it, are not
 * independent of each other.
 *
 * @module
 */

import { Rng } from "../../config/rng.ts";
import type { Difference, Estimate } from "./interval.ts";
import {
  type BootstrapOptions,
  drawIndices,
  drawnSum,
  percentileDifference,
  resamplesOf,
  type Statistic,
} from "./resampling.ts";

/**
 * A ratio of sums over n questions: redundant calls over calls for RTR, right answers over attempts for
 * EX. A question's attempts are summed before.
 */
export interface QuestionSums {
  /** Shape (n,). */
  readonly numerators: Float64Array;
  /** Shape (n,). */
  readonly denominators: Float64Array;
}

/** Fewer clusters than this give intervals that are too narrow. */
const FEW_CLUSTERS = 20;

/**
 * Ratios of sums with their percentile bootstrap intervals over questions (B. Efron and
 * R. J. Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13).
 *
 * @example Rates of the same questions share their resamples
 * ```ts
 * import assert from "node:assert/strict";
 * import { bootstrapRates } from "./bootstrap.ts";
 *
 * const right = { numerators: Float64Array.of(0, 1), denominators: Float64Array.of(1, 1) };
 * const calls = { numerators: Float64Array.of(3, 3), denominators: Float64Array.of(1, 1) };
 * assert.deepEqual(bootstrapRates([right, calls], { seed: 1 }), [
 *   { estimate: 0.5, low: 0, high: 1 },
 *   { estimate: 3, low: 3, high: 3 },
 * ]);
 * ```
 *
 * @param rates Rates over the same questions, in the same order.
 * @returns For each rate `sum(numerators) / sum(denominators)`, 0 where the denominators sum to 0, as in
 * a resample. Without questions 0, with the interval 0 to 0; with one question the interval is a point.
 * @throws {RangeError} If there are fewer than 39 resamples.
 */
export function bootstrapRates(
  rates: readonly QuestionSums[],
  options: BootstrapOptions,
): Estimate[] {
  const statistics = rates.map(rate);
  return bootstrapped(rates[0]?.numerators.length ?? 0, statistics, options)
    .map(({ estimate, low, high }) => ({ estimate, low, high }));
}

/**
 * The differences of two systems' rates, `after - before`, with their paired percentile bootstrap
 * intervals: a resample draws each question for both systems (Efron and Tibshirani 1993, chapter 13;
 * for test sets P. Koehn 2004, "Statistical significance tests for machine translation evaluation",
 * EMNLP). Rates are ratios of sums, as in {@linkcode bootstrapRates}.
 *
 * A p-value is at most 0.05 where the interval leaves 0 out, and only there
 * (`percentileDifference()` in `resampling.ts`).
 *
 * @example A question that only one of the systems answers
 * ```ts
 * import assert from "node:assert/strict";
 * import { bootstrapDifferences } from "./bootstrap.ts";
 *
 * const denominators = Float64Array.of(1, 1);
 * const before = { numerators: Float64Array.of(0, 0), denominators };
 * const after = { numerators: Float64Array.of(0, 1), denominators };
 * assert.deepEqual(
 *   bootstrapDifferences([before, before], [before, after], { seed: 1 }).map(({ low, high }) => [low, high]),
 *   [[0, 0], [0, 1]],
 * );
 * ```
 *
 * @param before Rates over the questions that both systems attempted, in the same order.
 * @param after The other system's, in the order of `before`.
 * @returns The differences; 0 with the interval 0 to 0 without questions.
 * @throws {RangeError} If there are fewer than 39 resamples.
 */
export function bootstrapDifferences(
  before: readonly QuestionSums[],
  after: readonly QuestionSums[],
  options: BootstrapOptions,
): Difference[] {
  const statistics = before.map((sums, index): Statistic => {
    const [a, b] = [rate(sums), rate(after[index])];
    return { isConstant: a.isConstant && b.isConstant, of: (drawn) => b.of(drawn) - a.of(drawn) };
  });
  return bootstrapped(before[0]?.numerators.length ?? 0, statistics, options);
}

/** Differences whose intervals rest on clusters of questions as units. */
export interface ClusteredDifferences {
  readonly differences: Difference[];
  /** Clusters that were drawn from. */
  readonly clusterCount: number;
  /** Whether they are under 20, so that the intervals are too narrow. */
  readonly hasFewClusters: boolean;
}

/**
 * {@linkcode bootstrapDifferences} with clusters as the unit: a resample draws clusters, and all
 * questions of a cluster that is drawn, since questions of one database are not independent (A. C. Davison
 * and D. V. Hinkley 1997, "Bootstrap Methods and their Application", section 3.8). From few clusters
 * intervals are too narrow (A. C. Cameron, J. B. Gelbach and D. L. Miller 2008, "Bootstrap-based
 * improvements for inference with clustered errors", Review of Economics and Statistics 90:414): a report says
 * so, and shows the intervals over questions beside them.
 *
 * @example Two databases
 * ```ts
 * import assert from "node:assert/strict";
 * import { bootstrapClusteredDifferences } from "./bootstrap.ts";
 *
 * const denominators = Float64Array.of(1, 1, 1);
 * const before = { numerators: Float64Array.of(0, 0, 0), denominators };
 * const after = { numerators: Float64Array.of(1, 1, 0), denominators };
 * const { differences, clusterCount, hasFewClusters } = bootstrapClusteredDifferences(
 *   [before],
 *   [after],
 *   ["shop", "shop", "school"],
 *   { seed: 1 },
 * );
 * assert.deepEqual([differences[0].low, differences[0].high], [0, 1]);
 * assert.deepEqual([clusterCount, hasFewClusters], [2, true]);
 * ```
 *
 * @param clusters The cluster of each question: its database.
 * @throws {RangeError} If there are fewer than 39 resamples, or not as many clusters as questions.
 */
export function bootstrapClusteredDifferences(
  before: readonly QuestionSums[],
  after: readonly QuestionSums[],
  clusters: readonly string[],
  options: BootstrapOptions,
): ClusteredDifferences {
  const summed = (rates: readonly QuestionSums[]) =>
    rates.map((sums) => clusterSums(sums, clusters));
  const clusterCount = new Set(clusters).size;
  return {
    differences: bootstrapDifferences(summed(before), summed(after), options),
    clusterCount,
    hasFewClusters: clusterCount < FEW_CLUSTERS,
  };
}

/**
 * The sums of each cluster's questions, so that any bootstrap here draws clusters in place of questions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { clusterSums } from "./bootstrap.ts";
 *
 * const sums = { numerators: Float64Array.of(1, 0, 2), denominators: Float64Array.of(1, 3, 2) };
 * assert.deepEqual(clusterSums(sums, ["shop", "school", "shop"]), {
 *   numerators: Float64Array.of(3, 0),
 *   denominators: Float64Array.of(3, 3),
 * });
 * ```
 *
 * @param clusters The cluster of each question, shape (n,).
 * @returns Sums of the clusters, in the order in which they first occur.
 * @throws {RangeError} If there are not as many clusters as questions.
 */
export function clusterSums(sums: QuestionSums, clusters: readonly string[]): QuestionSums {
  const n = sums.numerators.length;
  if (clusters.length !== n) {
    throw new RangeError(
      `Cannot sum clusters as each question must have one: ${clusters.length} for ${n} questions`,
    );
  }
  const places = new Map([...new Set(clusters)].map((cluster, place) => [cluster, place]));
  const added = (values: Float64Array) => {
    const totals = new Float64Array(places.size);
    clusters.forEach((cluster, index) => totals[places.get(cluster)!] += values[index]);
    return totals;
  };
  return { numerators: added(sums.numerators), denominators: added(sums.denominators) };
}

function rate({ numerators, denominators }: QuestionSums): Statistic {
  const [numerator, denominator] = [drawnSum(numerators), drawnSum(denominators)];
  return {
    isConstant: numerator.isConstant && denominator.isConstant,
    of(drawn) {
      const divisor = denominator.of(drawn);
      return divisor === 0 ? 0 : numerator.of(drawn) / divisor;
    },
  };
}

function bootstrapped(
  n: number,
  statistics: readonly Statistic[],
  options: BootstrapOptions,
): Difference[] {
  const resamples = resamplesOf(options);
  const drawn = Int32Array.from({ length: n }, (_, index) => index);
  const estimates = statistics.map((statistic) => statistic.of(drawn));
  const values = estimates.map((estimate) => new Float64Array(resamples).fill(estimate));
  const varying = [...statistics.entries()].filter(([, { isConstant }]) => !isConstant);
  const rng = new Rng(options.seed, "bootstrap");
  // Drawing costs more than summing, so all statistics share the draws.
  for (let resample = 0; varying.length > 0 && resample < resamples; resample++) {
    drawIndices(drawn, n, rng);
    for (const [index, statistic] of varying) values[index][resample] = statistic.of(drawn);
  }
  return estimates.map((estimate, index) => percentileDifference(estimate, values[index]));
}
