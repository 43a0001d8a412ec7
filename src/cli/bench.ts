/**
 * `finestep bench`: algorithms against each other over seeds, each training and evaluation in a process of
 * its own. What the store has finished at the same commit is not run again.
 *
 * @module
 */

import { join } from "node:path";
import { option, type Values } from "../config/option.ts";
import { findLayout } from "../dataset/layout.ts";
import { score } from "../evaluation/execution_accuracy.ts";
import { inOrder } from "../env/in_order.ts";
import { resultHash } from "../leaderboard/result_hash.ts";
import { type BenchResult, benchTables, comparisons } from "../reports/bench_tables.ts";
import { duration } from "../reports/duration.ts";
import { DEFAULT_STORE_PATH, openStore, type RunStore } from "../store/run_store.ts";
import { type Flags, helpText, parseFlags, UsageError } from "./args.ts";
import { type Cell, cellsOf, type Exam, examFlags, examsOf } from "./grid.ts";
import { INTERRUPTED, stoppable } from "./interrupt.ts";

import { commandLine, FIXTURE_DATA, FIXTURE_POLICY, sourceCommit } from "./setup.ts";
import { Stopped, StoredCommand } from "./stored_command.ts";
import { outputStyle } from "./terminal.ts";

/** Every option of `finestep bench`. */
const TABLES = {
  experiment: {
    algorithms: option(
      "finestep, grpo, dapo, gspo, sft",
      "names, separated by commas; a name may have flags of finestep train after it",
      "ours",
    ),
    seeds: option(5, "seeds of each algorithm", "ours", { range: [1, 1000] }),
    firstSeed: option(1, "the first seed; the others follow it", "ours"),
    ablations: option(false, "also FineStep without each of its parts, and gigpo", "ours"),
    tokenBudget: option(
      100_000,
      "tokens that the policy samples in each training, or is shown by sft (0 = by train steps)",
      "ours",
      { range: [0, 1e15] },
    ),
    trainSteps: option(1000, "train steps of each training at most", "ours", {
      range: [1, 1_000_000],
    }),
    splits: option(
      "",
      "splits to evaluate on, separated by commas (none = dev, and test where there is one)",
      "ours",
    ),
    samples: option(4, "attempts at each question as in training, beside a greedy one", "ours", {
      range: [1, 1000],
    }),
    limit: option(0, "questions of each split, from the first (0 = all)", "ours", {
      range: [0, 1e9],
    }),
    quick: option(
      false,
      "a look in about 10 minutes: 2 seeds, 40000 tokens, dev, 2 attempts, where these are not given",
      "ours",
    ),
  },
  run: {
    data: option(FIXTURE_DATA, "folder of the data set", "ours"),
    model: option(FIXTURE_POLICY, "folder of the policy that all begin with", "ours"),
    jobs: option(0, "processes at a time (0 = one a core)", "ours", { range: [0, 256] }),
    store: option(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
    runs: option("results/runs", "folder of checkpoints and trained policies", "ours"),
  },
};

type ExperimentOptions = Values<typeof TABLES.experiment>;

/** What `--quick` sets; the effect is there, the intervals are wide. */
const QUICK: Partial<ExperimentOptions> = {
  seeds: 2,
  tokenBudget: 40_000,
  splits: "dev",
  samples: 2,
};

const HELP = {
  usage: "finestep bench [-- flags of finestep train]",
  summary:
    "Trains algorithms over seeds from one policy, evaluates what comes of them, greedily and as they\n" +
    "act in training, and decides what the comparison supports (docs/decision_rules.md). Stopped at\n" +
    "any moment, the same command goes on.",
};

/** What the experiment works with. */
interface Experiment {
  readonly options: ExperimentOptions;
  readonly run: Flags<typeof TABLES>["values"]["run"];
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
  const { run } = flags.values;
  const options = optionsOf(flags);
  const exams = examsOf(await splitsOf(options.splits, run.data), options.samples);
  using store = openStore(run.store);
  const commit = await sourceCommit();
  const trainFlags = argv.slice(end + 1);
  const results = await stoppable(
    "Stopping; the same command goes on later",
    (signal) => worked({ options, run, trainFlags, exams, store, commit, signal }),
  );
  if (results === null) return INTERRUPTED;
  const command = commandLine("bench", argv.filter((flag) => flag !== "--json"));
  console.log(
    flags.json
      ? jsonText({ command, commit, options, results })
      : benchTables(results, outputStyle()),
  );
  return 0;
}

function optionsOf({ values, given }: Flags<typeof TABLES>): ExperimentOptions {
  if (!values.experiment.quick) return values.experiment;
  const quick = Object.entries(QUICK).filter(([name]) => !given.has(name));
  return { ...values.experiment, ...Object.fromEntries(quick) };
}

/** The splits to evaluate on; those that are named must be there before anything is trained. */
async function splitsOf(named: string, data: string): Promise<string[]> {
  if (named !== "") {
    for (const split of listed(named)) await findLayout(data, split);
    return listed(named);
  }
  const hasTest = await findLayout(data, "test").then(() => true, () => false);
  return hasTest ? ["dev", "test"] : ["dev"];
}

const listed = (text: string): string[] => text.split(",").map((part) => part.trim());

/** The results with a hash in place of their verdicts, which `finestep export` gives by the runs' ids. */
function jsonText(
  { results, ...experiment }: {
    readonly command: string;
    readonly commit: string | null;
    readonly options: ExperimentOptions;
    readonly results: readonly BenchResult[];
  },
): string {
  const cells = results.map(({ verdicts, ...result }) => ({
    ...result,
    resultHash: resultHash(verdicts),
  }));
  return JSON.stringify({ ...experiment, cells, ...comparisons(results) }, null, 2);
}

/** The results of the untrained policy and of every cell; null when stopped. */
async function worked(experiment: Experiment): Promise<BenchResult[] | null> {
  const { options, run } = experiment;
  const untrained: Cell = { variant: "untrained", seed: options.firstSeed, flags: [] };
  const cells = [untrained, ...cellsOf({ ...options, algorithms: listed(options.algorithms) })];
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
  const { exams, store, options, run } = experiment;
  const { variant, seed } = cell;
  const trainRunId = await trained(experiment, cell);
  const policy = trainRunId === null ? run.model : join(run.runs, String(trainRunId), "policy");
  const training = trainRunId === null ? null : trainingOf(store, trainRunId);
  const results: BenchResult[] = [];
  for (const exam of exams) {
    const runId = await finished(experiment, "eval", [
      ...examFlags(exam, policy, seed),
      ...["--limit", String(options.limit), "--data", run.data],
    ]);
    const measures = Object.fromEntries(store.metrics(runId).map((one) => [one.name, one]));
    const verdicts = store.verdicts(runId, "eval");
    results.push({ variant, seed, training, runId, exam, verdicts, measures });
  }
  return results;
}

/** Trains a cell's policy; null where there is nothing to train. */
async function trained(experiment: Experiment, cell: Cell): Promise<number | null> {
  if (cell.flags.length === 0) return null;
  const { run, options, trainFlags } = experiment;
  return await finished(experiment, "train", [
    ...["--data", run.data, "--model", run.model, "--runs", run.runs, "--checkpoint-every", "4"],
    ...["--train-steps", String(options.trainSteps)],
    ...["--token-budget", String(options.tokenBudget), "--eval-limit", String(options.limit)],
    ...[...trainFlags, ...cell.flags, "--seed", String(cell.seed)],
  ]);
}

function trainingOf(store: RunStore, runId: number): BenchResult["training"] {
  const steps = store.trainSteps(runId);
  const tokens = steps.reduce((sum, { metrics }) => sum + metrics["env/sampled_tokens"], 0);
  return { runId, trainSteps: steps.length, sampledTokens: tokens };
}

/** The id of a finished run of a command. */
function finished(
  { run, store, commit, signal }: Experiment,
  command: "train" | "eval",
  own: readonly string[],
): Promise<number> {
  // One core each: more threads would round otherwise, and results must not depend on the machine.
  const argv = [...own, "--threads", "1", "--workers", "1", "--store", run.store];
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
