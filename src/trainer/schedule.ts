/**
 * Learning rates by training step: a linear warm-up, then constant or along a cosine.
 *
 * @module
 */

import { choice, option, type Values } from "../config/option.ts";

/** Options of the learning rate. */
export const SCHEDULE_OPTIONS = {
  learningRate: option(1e-6, "AdamW's step size after the warm-up", "neighbour", { range: [0, 1] }),
  schedule: choice(
    "constant",
    ["constant", "cosine"],
    "learning rate after the warm-up",
    "neighbour",
  ),
  warmupSteps: option(0, "training steps of linear warm-up (0 = none)", "neighbour", {
    range: [0, 1e9],
  }),
  finalLearningRate: option(0, "where the cosine ends, as a share of learningRate", "ours", {
    range: [0, 1],
  }),
};

/** Values of the learning rate's options. */
export type ScheduleValues = Values<typeof SCHEDULE_OPTIONS>;

/**
 * The learning rate of each training step, counted from 0.
 *
 * With W warm-up steps of N, step t < W has `learningRate * (t + 1) / W`. A cosine then falls from
 * `learningRate` at step W to `finalLearningRate * learningRate` at step N - 1.
 *
 * @example Two steps of warm-up, then constant
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaults } from "../config/option.ts";
 * import { learningRates, SCHEDULE_OPTIONS } from "./schedule.ts";
 *
 * const values = { ...defaults(SCHEDULE_OPTIONS), learningRate: 0.5, warmupSteps: 2 };
 * const learningRate = learningRates(values, 4);
 * assert.deepEqual([0, 1, 2, 3].map(learningRate), [0.25, 0.5, 0.5, 0.5]);
 * ```
 *
 * @param trainSteps Training steps of the whole run (N).
 * @throws {RangeError} If the warm-up is longer than the run.
 */
export function learningRates(
  values: ScheduleValues,
  trainSteps: number,
): (trainStep: number) => number {
  const { learningRate, warmupSteps, finalLearningRate } = values;
  if (warmupSteps > trainSteps) {
    throw new RangeError(
      `Cannot warm up for ${warmupSteps} steps as the run has fewer: ${trainSteps}`,
    );
  }
  const lastStep = Math.max(1, trainSteps - 1 - warmupSteps);
  return (trainStep) => {
    if (trainStep < warmupSteps) return learningRate * (trainStep + 1) / warmupSteps;
    if (values.schedule === "constant") return learningRate;
    const progress = Math.min(1, (trainStep - warmupSteps) / lastStep);
    const share = (1 + Math.cos(Math.PI * progress)) / 2;
    return learningRate * (finalLearningRate + (1 - finalLearningRate) * share);
  };
}
