/**
 * `finestep bench`: algorithms against each other over seeds, each training and evaluation in a process of
 * its own. What the store has finished at the same commit is not run again.
 *
 * @module
 */

import { join } from "node:path";
import { option } from "../config/option.ts";
import { score } from "../evaluation/execution_accuracy.ts";
import { inOrder } from "../env/in_order.ts";
import { type BenchResult, benchTables } from "../reports/bench_tables.ts";
import { duration } from "../reports/duration.ts";
import { DEFAULT_STORE_PATH, openStore, type RunStore } from "../store/run_store.ts";
import { type Flags, helpText, parseFlags, UsageError } from "./args.ts";
import { type Cell, cellsOf, type Exam, examFlags, examsOf } from "./grid.ts";
import { INTERRUPTED, stoppable } from "./interrupt.ts";
import { FIXTURE_DATA, FIXTURE_POLICY, sourceCommit } from "./setup.ts";
import { Stopped, StoredCommand } from "./stored_command.ts";
import { outputStyle } from "./terminal.ts";

/** Every option of `finestep bench`. */
const TABLES = {
  experiment: {
    algorithms: option("finestep,grpo,dapo,gspo", "names, separated by commas", "ours"),
    seeds: option(5, "seeds of each algorithm", "ours", { range: [1, 1000] }),
    firstSeed: option(1, "the first seed; the others follow it", "ours"),
    ablations: option(false, "also FineStep without each of its parts", "ours"),
    trainSteps: option(36, "train steps of each training", "ours", { range: [1, 1_000_000] }),
    tokenBudget: option(0, "sampled tokens of each training (0 = by train steps)", "ours", {
      range: [0, 1e15],
    }),
    splits: option("dev", "splits to evaluate on, separated by commas", "ours"),
    samples: option(4, "attempts at each question as in training, beside a greedy one", "ours", {
      range: [1, 1000],
    }),
    limit: option(0, "questions of each split, from the first (0 = all)", "ours", {
      range: [0, 1e9],
    }),
  },
  run: {
    data: option(FIXTURE_DATA, "folder of the data set", "ours"),
    model: option(FIXTURE_POLICY, "folder of the policy that all begin with", "ours"),
    jobs: option(0, "processes at a time (0 = one a core)", "ours", { range: [0, 256] }),
    store: option(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
    runs: option("results/runs", "folder of checkpoints and trained policies", "ours"),
  },
};

const HELP = {
  usage: "finestep bench [-- flags of finestep train]",
  summary:
    "Trains algorithms over seeds from one policy and evaluates what comes of them, greedily and as\n" +
    "they act in training. Stopped at any moment, the same command goes on.",
};

/** What the experiment works with. */
interface Experiment {
  readonly flags: Flags<typeof TABLES>;
  /** Flags that every training gets. */
  readonly trainFlags: readonly string[];
  readonly exams: readonly Exam[];
  readonly store: RunStore;
  /** Of the source; runs of another one are not taken over. */
  readonly commit: string | null;
  readonly signal: AbortSignal;
}

/**
 * Runs what is left of the experiment and prints the comparison.
 *
 * @returns The exit code; 130 when stopped by Ctrl-C.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If a training or an evaluation fails; what was finished is kept.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const flags = parseFlags(argv.slice(0, end), TABLES);
  if (flags.help) {
    console.log(helpText(HELP, TABLES));
    return 0;
  }
  if (flags.positionals.length > 0) {
    throw new UsageError(`Unknown argument "${flags.positionals[0]}": see "--help"`);
  }
  const { splits, samples } = flags.values.experiment;
  const exams = examsOf(splits.split(","), samples);
  using store = openStore(flags.values.run.store);
  const commit = await sourceCommit();
  const trainFlags = argv.slice(end + 1);
  const results = await stoppable(
    "Stopping; the same command goes on later",
    (signal) => worked({ flags, trainFlags, exams, store, commit, signal }),
  );
  if (results === null) return INTERRUPTED;
  console.log(flags.json ? jsonText(results) : benchTables(results, outputStyle()));
  return 0;
}

/** The results without their verdicts, which `finestep export` gives by the runs' ids. */
function jsonText(results: readonly BenchResult[]): string {
  return JSON.stringify(results.map(({ verdicts: _, ...result }) => result), null, 2);
}

/** The results of the untrained policy and of every cell; null when stopped. */
async function worked(experiment: Experiment): Promise<BenchResult[] | null> {
  const { experiment: options, run } = experiment.flags.values;
  const algorithms = options.algorithms.split(",").map((name) => name.trim());
  const untrained: Cell = { variant: "untrained", seed: options.firstSeed, flags: [] };
  const cells = [untrained, ...cellsOf({ ...options, algorithms })];
  const progress = new CellProgress(cells.length);
  const results: BenchResult[] = [];
  try {
    const jobs = run.jobs || navigator.hardwareConcurrency;
    for await (const done of inOrder(cells, jobs, (cell) => examined(experiment, cell))) {
      results.push(...done);
      progress.advance(done[0]);
    }
    return results;
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  }
}

/** Trains the policy of a cell and examines it. */
async function examined(experiment: Experiment, cell: Cell): Promise<BenchResult[]> {
  const { exams, store, flags } = experiment;
  const { limit } = flags.values.experiment;
  const policy = await policyOf(experiment, cell);
  const results: BenchResult[] = [];
  for (const exam of exams) {
    const runId = await finished(experiment, "eval", [
      ...examFlags(exam, policy, cell.seed),
      ...["--limit", String(limit), "--data", flags.values.run.data],
    ]);
    const measures = Object.fromEntries(store.metrics(runId).map((one) => [one.name, one]));
    const verdicts = store.verdicts(runId, "eval");
    const { variant, seed } = cell;
    results.push({ variant, seed, runId, exam: examName(exam), verdicts, measures });
  }
  return results;
}

/** The folder of a cell's policy, after training it where there is something to train. */
async function policyOf(experiment: Experiment, cell: Cell): Promise<string> {
  const { model, runs } = experiment.flags.values.run;
  if (cell.flags.length === 0) return model;
  const runId = await finished(experiment, "train", trainFlags(experiment, cell));
  return join(runs, String(runId), "policy");
}

function examName({ split, temperature, samples }: Exam): string {
  return temperature === 0
    ? `${split}, greedy`
    : `${split}, as in training, ${samples} attempts each`;
}

function trainFlags({ flags, trainFlags }: Experiment, cell: Cell): string[] {
  const { run, experiment } = flags.values;
  return [
    ...["--data", run.data, "--model", run.model, "--runs", run.runs, "--checkpoint-every", "4"],
    ...["--train-steps", String(experiment.trainSteps)],
    ...["--token-budget", String(experiment.tokenBudget), "--eval-limit", String(experiment.limit)],
    ...[...trainFlags, ...cell.flags],
  ];
}

/** The id of a finished run of a command. */
function finished(
  { flags, store, commit, signal }: Experiment,
  command: "train" | "eval",
  own: readonly string[],
): Promise<number> {
  // One core each: more threads would round otherwise, and results must not depend on the machine.
  const argv = [...own, "--threads", "1", "--workers", "1", "--store", flags.values.run.store];
  return new StoredCommand(command, argv, commit).finished(store, signal);
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
