/**
 * Learning rates by training step: a linear warm-up, then constant or along a cosine.
 *
 * @module
 */

import { choice, option, real, type Values } from "../config/option.ts";

/** Options of the learning rate. */
export const SCHEDULE_OPTIONS = {
  learningRate: option(
    3e-4,
    "AdamW's step size after the warm-up; for the fixture policy (peers train 4B models at 1e-6)",
    "ours",
    { range: [0, 1] },
  ),
  schedule: choice(
    "constant",
    ["constant", "cosine"],
    "learning rate after the warm-up",
    "neighbour",
  ),
  warmupSteps: option(0, "training steps of linear warm-up (0 = none)", "neighbour", {
    range: [0, 1e9],
  }),
  finalLearningRate: real(0, "where the cosine ends, as a share of learningRate", "ours", {
    range: [0, 1],
  }),
};

/** Values of {@linkcode SCHEDULE_OPTIONS}. */
export type ScheduleOptions = Values<typeof SCHEDULE_OPTIONS>;

/**
 * The learning rate of a train step, counted from 0.
 *
 * With W warm-up steps of N, step t < W has `learningRate * (t + 1) / W`. A cosine then falls from
 * `learningRate` at step W to `finalLearningRate * learningRate` at step N - 1.
 *
 * @example Two steps of warm-up, then constant
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaults } from "../config/option.ts";
 * import { learningRate, SCHEDULE_OPTIONS } from "./schedule.ts";
 *
 * const schedule = { ...defaults(SCHEDULE_OPTIONS), learningRate: 0.5, warmupSteps: 2 };
 * const rates = [0, 1, 2, 3].map((t) => learningRate(t, { ...schedule, trainSteps: 4 }));
 * assert.deepEqual(rates, [0.25, 0.5, 0.5, 0.5]);
 * ```
 */
export function learningRate(
  trainStep: number,
  options: ScheduleOptions & { readonly trainSteps: number },
): number {
  const { learningRate: peak, warmupSteps, finalLearningRate } = options;
  if (trainStep < warmupSteps) return peak * (trainStep + 1) / warmupSteps;
  if (options.schedule === "constant") return peak;
  const fallingSteps = Math.max(1, options.trainSteps - 1 - warmupSteps);
  const progress = Math.min(1, (trainStep - warmupSteps) / fallingSteps);
  const share = (1 + Math.cos(Math.PI * progress)) / 2;
  return peak * (finalLearningRate + (1 - finalLearningRate) * share);
}
