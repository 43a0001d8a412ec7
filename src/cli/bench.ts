/**
 * `finestep bench`: algorithms against each other over seeds, from one policy and with one budget of tokens.
 *
 * @module
 */

import { file, folder, option, type Values } from "../config/option.ts";
import { loadDataset } from "../dataset/dataset.ts";
import { benchTables } from "../reports/bench_tables.ts";
import { DEFAULT_STORE_PATH, openStore, type RunStore } from "../store/run_store.ts";
import { alone } from "./alone.ts";
import { type Flags, parseFlags, requireFlagsOnly, UsageError } from "./args.ts";
import { benchDocument, readBenchDocument, sameAgain } from "./bench_document.ts";
import { type Experiment, results } from "./experiment.ts";
import { type Cell, cellsOf, examsOf } from "./grid.ts";
import { INTERRUPTED, stoppable } from "./interrupt.ts";
import { located } from "./located.ts";
import { sourceCommit } from "./program.ts";
import { FIXTURE_DATA, FIXTURE_POLICY } from "./setup.ts";
import { outputStyle } from "./terminal.ts";
import { trainFlags } from "./train_flags.ts";

/** Every option of `finestep bench`. */
export const TABLES = {
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
    only: option("", "cells to run, separated by semicolons: grpo 3; sft 4 (none = all)", "ours"),
    quick: option(
      false,
      "a look in about 10 minutes: 2 seeds, 40000 tokens, dev, 2 attempts, where these are not given",
      "ours",
    ),
  },
  run: {
    data: folder(FIXTURE_DATA, "folder of the data set", "ours"),
    model: folder(FIXTURE_POLICY, "folder of the policy that all begin with", "ours"),
    again: file(
      "",
      "file that --json printed to: its command is run again, in the store given here, and compared",
      "ours",
    ),
    ofCommit: option(
      "",
      "show what this commit has done, and run nothing (none = the source's commit)",
      "ours",
    ),
    jobs: option(0, "processes at a time (0 = one a core)", "ours", { range: [0, 256] }),
    store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
    runs: folder("results/runs", "folder of checkpoints and trained policies", "ours"),
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

export const HELP = {
  usage: "finestep bench [flags] [-- flags of finestep train]",
  summary:
    "Trains algorithms over seeds from one policy, evaluates what comes of them, greedily and as they\n" +
    "act in training, and decides what the comparison supports (docs/decision_rules.md). Stopped at\n" +
    "any moment, the same command goes on.",
};

/**
 * Runs what is left of the experiment and prints the comparison.
 *
 * @returns The exit code: 130 when stopped by Ctrl-C, 1 when run again with other results.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {Error} If a training or an evaluation fails; what was finished is kept.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const flags = flagsOf(argv);
  const { again, store: storePath } = flags.values.run;
  using store = openStore(storePath);
  // A second one would go on with the runs that this one is at.
  using _ = await alone(storePath, "run the experiment");
  if (again !== "") return await runAgain(argv, again, store);
  const experiment = await experimentOf(argv, store);
  const found = await worked(experiment);
  if (found === null) return INTERRUPTED;
  const source = { argv: repeatable(argv), commit: experiment.commit };
  console.log(
    flags.json
      ? JSON.stringify(benchDocument(source, found), null, 2)
      : benchTables(found, outputStyle()),
  );
  return 0;
}

/** Runs an earlier experiment's command, with these flags after its own, and compares the results. */
async function runAgain(
  argv: readonly string[],
  path: string,
  store: RunStore,
): Promise<number> {
  const { argv: before, cells } = await readBenchDocument(path);
  const experiment = await experimentOf(joined(before, argv), store);
  const found = await worked(experiment);
  if (found === null) return INTERRUPTED;
  const { lines, areSame } = sameAgain(found, cells);
  console.log(lines.join("\n"));
  return areSame ? 0 : 1;
}

/** The command that does the same again: without how it was shown. */
function repeatable(argv: readonly string[]): string[] {
  return argv.filter((flag, index) =>
    flag !== "--json" && flag !== "--of-commit" && argv[index - 1] !== "--of-commit"
  );
}

/** Flags of `bench` and of `train`, each after those that were there before. */
function joined(before: readonly string[], after: readonly string[]): string[] {
  const [own, train] = [before, after].map(parts).reduce((a, b) => [
    [...a[0], ...b[0]],
    [...a[1], ...b[1]],
  ]);
  return [...own, "--", ...train];
}

/** What stands before `--` and what after it. */
function parts(argv: readonly string[]): [bench: readonly string[], train: readonly string[]] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return [argv.slice(0, end), argv.slice(end + 1)];
}

function flagsOf(argv: readonly string[]): Flags<typeof TABLES> {
  const flags = parseFlags(parts(argv)[0], TABLES);
  requireFlagsOnly(flags);
  return flags;
}

/** Says what there is to do, and does what of it is left. */
function worked(experiment: Omit<Experiment, "signal">) {
  if (!experiment.isComplete) console.error(planText(experiment));
  return stoppable(
    "Stopping; the same command goes on later",
    (signal) => results({ ...experiment, signal }),
  );
}

function planText({ cells, exams, jobs, storePath }: Omit<Experiment, "signal">): string {
  const variants = [...new Set(cells.map(({ variant }) => variant))];
  const seeds = new Set(cells.map(({ seed }) => seed)).size;
  const splits = [...new Set(exams.map(({ split }) => split))];
  return `${cells.length} cells: ${variants.join("; ")}; ${seeds} ${
    seeds === 1 ? "seed" : "seeds"
  }\nEach is trained and evaluated on ${splits.join(" and ")}, ${jobs} at a time; ` +
    `what ${storePath} has of them at this commit is taken over`;
}

async function experimentOf(
  argv: readonly string[],
  store: RunStore,
): Promise<Omit<Experiment, "signal">> {
  const flags = flagsOf(argv);
  const { run } = flags.values;
  const options = optionsOf(flags);
  const limit = String(options.limit);
  const cells = chosenCells(options);
  const shared = [
    ...["--data", run.data, "--model", run.model, "--runs", run.runs, "--checkpoint-every", "4"],
    ...["--train-steps", String(options.trainSteps)],
    ...["--token-budget", String(options.tokenBudget), "--eval-limit", limit],
    ...parts(argv)[1],
  ];
  // Hours may pass before a cell begins: what is wrong with its flags is told now.
  for (const { flags } of cells) requireFlagsOnly(trainFlags([...shared, ...flags]));
  return {
    cells,
    exams: examsOf(await splitsOf(options.splits, run.data), options.samples),
    trainFlags: shared,
    evalFlags: ["--limit", limit, "--data", run.data],
    model: run.model,
    runs: run.runs,
    jobs: run.jobs || navigator.hardwareConcurrency,
    store,
    storePath: run.store,
    commit: run.ofCommit || await sourceCommit(),
    isComplete: run.ofCommit !== "",
  };
}

function optionsOf({ values, given }: Flags<typeof TABLES>): ExperimentOptions {
  if (!values.experiment.quick) return values.experiment;
  const quick = Object.entries(QUICK).filter(([name]) => !given.has(name));
  return { ...values.experiment, ...Object.fromEntries(quick) };
}

/** The untrained policy and every cell, or those of `--only`. */
function chosenCells(options: ExperimentOptions): Cell[] {
  const untrained = { variant: "untrained", seed: options.firstSeed, flags: [] };
  const all = [
    untrained,
    ...cellsOf({ ...options, algorithms: listed(options.algorithms, ",") }),
  ];
  if (options.only === "") return all;
  return listed(options.only, ";").map((name) => {
    const cell = all.find(({ variant, seed }) => `${variant} ${seed}` === name);
    if (cell) return cell;
    const names = all.map(({ variant, seed }) => `${variant} ${seed}`);
    throw new UsageError(`Unknown cell "${name}": those there are: ${names.join("; ")}`);
  });
}

/** The splits to evaluate on; those that are named must be there before anything is trained. */
async function splitsOf(named: string, data: string): Promise<string[]> {
  const load = (split: string) => loadDataset(located(data), { split, schemas: "skip" });
  if (named !== "") {
    for (const split of listed(named, ",")) await load(split);
    return listed(named, ",");
  }
  const hasTest = await load("test").then(() => true, () => false);
  return hasTest ? ["dev", "test"] : ["dev"];
}

const listed = (text: string, separator: string): string[] =>
  text.split(separator).map((part) => part.trim());
