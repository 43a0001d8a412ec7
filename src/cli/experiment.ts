/**
 * An experiment under way: every cell is trained and examined in processes of its own, and what the store
 * has finished at the same commit is taken over.
 *
 * @module
 */

import { join } from "node:path";
import { inOrder } from "../env/in_order.ts";
import { score } from "../evaluation/execution_accuracy.ts";
import type { BenchResult } from "../reports/bench_tables.ts";
import { duration } from "../reports/duration.ts";
import type { RunStore } from "../store/run_store.ts";
import { type Cell, type Exam, examFlags } from "./grid.ts";
import { Stopped, StoredCommand } from "./stored_command.ts";

/** What an experiment works with. */
export interface Experiment {
  readonly cells: readonly Cell[];
  readonly exams: readonly Exam[];
  /** Flags of every training, before those of its cell. */
  readonly trainFlags: readonly string[];
  /** Flags of every evaluation. */
  readonly evalFlags: readonly string[];
  /** Folder of the policy that all begin with. */
  readonly model: string;
  /** Folder of trained policies, by run. */
  readonly runs: string;
  /** Processes at a time. */
  readonly jobs: number;
  readonly store: RunStore;
  readonly storePath: string;
  /** Of the source; runs of another one are not taken over. */
  readonly commit: string | null;
  /** Whether what is missing is run, or is an error. */
  readonly isComplete: boolean;
  readonly signal: AbortSignal;
}

/**
 * The results of every cell, in their order, after running what is missing; null when stopped.
 *
 * @throws {Error} If a training or an evaluation fails; what was finished is kept.
 */
export async function results(experiment: Experiment): Promise<BenchResult[] | null> {
  const { cells, jobs } = experiment;
  const progress = new CellProgress(cells.length);
  const done: BenchResult[] = [];
  try {
    for await (const some of inOrder(cells, jobs, (cell) => examined(experiment, cell))) {
      done.push(...some);
      if (!experiment.isComplete) progress.advance(some[0]);
    }
    return done;
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  }
}

/** Trains the policy of a cell and examines it. */
async function examined(experiment: Experiment, cell: Cell): Promise<BenchResult[]> {
  const { exams, store, model, runs, evalFlags } = experiment;
  const { variant, seed } = cell;
  const trainRunId = await trained(experiment, cell);
  const policy = trainRunId === null ? model : join(runs, String(trainRunId), "policy");
  const training = trainRunId === null ? null : trainingOf(store, trainRunId);
  const found: BenchResult[] = [];
  for (const exam of exams) {
    const flags = [...examFlags(exam, policy, seed), ...evalFlags];
    const runId = await finished(experiment, "eval", flags);
    const measures = Object.fromEntries(store.metrics(runId).map((one) => [one.name, one]));
    const verdicts = store.verdicts(runId, "eval");
    found.push({ variant, seed, training, runId, exam, verdicts, measures });
  }
  return found;
}

/** Trains a cell's policy; null where there is nothing to train. */
async function trained(experiment: Experiment, cell: Cell): Promise<number | null> {
  if (cell.flags.length === 0) return null;
  const flags = [...experiment.trainFlags, ...cell.flags, "--seed", String(cell.seed)];
  return await finished(experiment, "train", flags);
}

function trainingOf(store: RunStore, runId: number): BenchResult["training"] {
  const steps = store.trainSteps(runId);
  const tokens = steps.reduce((sum, { metrics }) => sum + metrics["env/sampled_tokens"], 0);
  return { runId, trainSteps: steps.length, sampledTokens: tokens };
}

/** The id of a finished run of a command. */
async function finished(
  { storePath, store, commit, isComplete, signal }: Experiment,
  kind: "train" | "eval",
  own: readonly string[],
): Promise<number> {
  // One core each: more threads would round otherwise, and results must not depend on the machine.
  const argv = [...own, "--threads", "1", "--workers", "1", "--store", storePath];
  const command = new StoredCommand(kind, argv, commit);
  return isComplete ? command.stored(store) : await command.finished(store, signal);
}

/** Says which cell is done and when the last will be. */
class CellProgress {
  readonly #total: number;
  readonly #startedMs = performance.now();
  #done = 0;

  constructor(total: number) {
    this.#total = total;
  }

  advance({ variant, seed, verdicts }: BenchResult): void {
    const perCell = (performance.now() - this.#startedMs) / ++this.#done / 1000;
    const ex = score(verdicts).percent.toFixed(1);
    console.error(
      `${this.#done} of ${this.#total}: ${variant}, seed ${seed}: EX ${ex}  ` +
        `${duration(perCell * (this.#total - this.#done))} left`,
    );
  }
}
