/**
 * `finestep train`: trains a policy and compares it, on held-out questions, with what it was before.
 *
 * @module
 */

import { isStopped, openStore, type RunStore } from "../store/run_store.ts";
import { requireFlagsOnly } from "./args.ts";
import { INTERRUPTED, stoppable } from "./interrupt.ts";
import { sourceCommit } from "./program.ts";
import { refuseOtherOptions } from "./resumed.ts";
import { commandLine } from "./setup.ts";
import { TRAIN_TABLES, type TrainFlags, trainFlags } from "./train_flags.ts";
import { TrainingRun } from "./training_run.ts";

export { TRAIN_TABLES as TABLES };
export const HELP = {
  usage: "finestep train",
  summary: "Trains a policy, and compares it with what it was before on held-out questions.\n" +
    "FineStep is a reconstruction: the paper's formulas are public only in part (docs/method.md).",
};

/**
 * Trains and prints the comparison.
 *
 * @returns The exit code: 130 when stopped by Ctrl-C.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If the data set or the model cannot be loaded, or the disk is full.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = trainFlags(argv);
  requireFlagsOnly(flags);
  using store = openStore(flags.values.run.store);
  return flags.values.run.resume === 0
    ? await newRun(store, argv, flags)
    : await resumedRun(store, flags);
}

async function newRun(store: RunStore, argv: readonly string[], flags: TrainFlags) {
  await using training = await TrainingRun.open(flags);
  const runId = store.startRun({
    kind: "train",
    command: commandLine("train", argv),
    options: { argv, ...training.record, device: training.device },
    seed: flags.values.training.seed,
    commit: await sourceCommit(),
    dataSet: flags.values.run.data,
    algorithm: training.algorithm.name,
    identity: null,
  });
  return await finished(store, runId, training);
}

/** Goes on with a run under the options that it was started with. */
async function resumedRun(store: RunStore, flags: TrainFlags) {
  const { values, json } = flags;
  const { resume: runId } = values.run;
  const { kind, status, options } = store.run(runId);
  if (kind !== "train" || !isStopped(status)) {
    throw new RangeError(
      `Cannot resume run ${runId} as it must be a stopped training run: it is a ${status} ${kind} run`,
    );
  }
  const argv = [...options.argv as string[], "--store", values.run.store];
  const started = trainFlags([...argv, ...json ? ["--json"] : []]);
  refuseOtherOptions(runId, flags, started);
  // Before anything is loaded: of two that go on with it at once, the second may not mark it as failed.
  store.reopenRun(runId);
  await using training = await TrainingRun.open(started);
  return await finished(store, runId, training);
}

/** Runs, and records how the run ended, also when it did not end well. */
async function finished(store: RunStore, runId: number, training: TrainingRun): Promise<number> {
  try {
    const status = await stoppable(
      "Stopping after this step",
      (signal) => training.run(store, runId, signal),
    );
    store.finishRun(runId, status);
    return status === "finished" ? 0 : INTERRUPTED;
  } catch (error) {
    recordFailure(store, runId);
    throw error;
  }
}

function recordFailure(store: RunStore, runId: number): void {
  try {
    store.finishRun(runId, "failed");
  } catch {
    // What failed first says more than that it could not be recorded.
  }
}
