/**
 * Intervals, tests and decisions for shares, rates and differences, always at 95%: one estimator a
 * file in `statistics/`.
 *
 * @module
 */

export {
  bootstrapClusteredDifferences,
  bootstrapDifferences,
  bootstrapRates,
  type ClusteredDifferences,
  clusterSums,
  type QuestionSums,
} from "./statistics/bootstrap.ts";
export { type ClaimPart, type Decision, decision } from "./statistics/decision.ts";
export { holm } from "./statistics/holm.ts";
export type { Difference, Estimate, Interval } from "./statistics/interval.ts";
export {
  detectableDifference,
  minimumDetectableEffect,
  type PowerOptions,
  questionsNeeded,
  seedsNeeded,
} from "./statistics/power.ts";
export { mcNemar, type PairedCounts, wilsonInterval } from "./statistics/proportions.ts";
export type { BootstrapOptions } from "./statistics/resampling.ts";
export { bootstrapSeedDifference } from "./statistics/seed_bootstrap.ts";
export {
  learningCurve,
  type MeanAndSd,
  meanAndSd,
  meanDifferenceInterval,
} from "./statistics/seeds.ts";
