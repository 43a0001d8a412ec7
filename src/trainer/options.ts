/**
 * Options of a training run.
 *
 * @module
 */

import { choice, option, type Values } from "../config/option.ts";

/** How long, how much and how fast. The defaults fit the fixture policy and 2 CPU cores. */
export const TRAIN_OPTIONS = {
  trainSteps: option(36, "optimizer steps", "ours", { range: [1, 1_000_000] }),
  tokenBudget: option(
    0,
    "tokens sampled by the policy after which no further step begins, so that algorithms that sample more or longer episodes get no more (0 = no limit)",
    "ours",
    { range: [0, 1e15] },
  ),
  groupsPerStep: option(8, "examples per train step", "ours", { range: [1, 100_000] }),
  groupSize: option(8, "trajectories per example (G)", "neighbour", { range: [1, 1024] }),
  maxSampleBatches: option(
    4,
    "batches of examples sampled for one train step at most, where groups are resampled (DAPO)",
    "neighbour",
    { range: [1, 1000] },
  ),
  logprobs: choice(
    "sampled",
    ["sampled", "recomputed"],
    "where the loss is differentiated: at the logprobs as sampled, which saves a forward pass, or at " +
      "recomputed ones; they are equal up to rounding, as each batch gives one update",
    "ours",
  ),
  seed: option(1, "seed of the run: examples, episodes, intervals", "ours"),
  checkpointEvery: option(12, "train steps between checkpoints (0 = only the last)", "ours", {
    range: [0, 1_000_000],
  }),
};

/** Values of {@linkcode TRAIN_OPTIONS}. */
export type TrainOptions = Values<typeof TRAIN_OPTIONS>;
