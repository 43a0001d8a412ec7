/**
 * `finestep report`: what stored runs found, as one HTML page that needs nothing else.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { option } from "../config/option.ts";
import { loadDataset } from "../dataset/dataset.ts";
import { examsOf, type StoredEvaluation } from "../pages/exams.ts";
import type { Attempted, Exam, QuestionText, Report } from "../pages/report.ts";
import { UNTRAINED } from "../pages/report.ts";
import { reportPage } from "../pages/report_page.ts";
import { distinctNames, type Named } from "../pages/variants.ts";
import {
  DEFAULT_STORE_PATH,
  openStore,
  type Phase,
  type Run,
  type RunStore,
} from "../store/run_store.ts";
import { helpText, parseFlags, UsageError } from "./args.ts";
import { storedSystem, trainedSystem } from "./stored_system.ts";
import { refuseToOverwrite, writeWhole } from "./whole_file.ts";

const TABLES = {
  options: {
    out: option("report.html", "the file to write", "ours"),
    force: option(false, "write over a file that is there", "ours"),
    last: option(
      0,
      "the newest finished runs, as many (0 = all of the newest run's commit)",
      "ours",
      {
        range: [0, 1e6],
      },
    ),
    store: option(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
  },
};

const HELP = {
  usage: "finestep report [run...]",
  summary:
    "Writes one HTML page on stored runs: what is better and how sure that is, learning curves, tables,\n" +
    "every question and trajectories. Without runs: the finished ones of the newest run's commit.",
};

/** An evaluation, with who was evaluated. */
interface Examined extends Omit<Attempted, "variant"> {
  readonly run: Run;
  readonly system: Named;
}

/**
 * Writes the page.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {RangeError} If a run is not there or has not finished, or there is nothing to report.
 * @throws {Error} If there is no store, or the file is there already or cannot be written.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals, json, help } = parseFlags(argv, TABLES);
  if (help) {
    console.log(helpText(HELP, TABLES));
    return 0;
  }
  const ids = wantedIds(positionals);
  const { out, force, last, store: path } = values.options;
  // Opening would make the file.
  if (!existsSync(path)) throw new Error(`Cannot make a report as there is no store: ${path}`);
  if (!force) refuseToOverwrite(out);
  using store = openStore(path);
  const report = await reportOf(store, chosen(store, ids, last));
  const page = await reportPage(report);
  await writeWhole(out, [page]);
  const bytes = new TextEncoder().encode(page).length;
  const runs = report.runs.map(({ id }) => id);
  console.log(
    json
      ? JSON.stringify({ path: out, bytes, runs, exams: report.exams.map(({ name }) => name) })
      : `Wrote ${out} on ${runs.length} runs (${(bytes / 1e6).toFixed(1)} MB)`,
  );
  return 0;
}

function wantedIds(positionals: readonly string[]): number[] {
  const wrong = positionals.find((text) => !/^\d+$/.test(text));
  if (wrong !== undefined) {
    throw new UsageError(
      `Cannot report a run as its id must be a number: current value is ${wrong}`,
    );
  }
  return positionals.map(Number);
}

/** The runs that the page is on, oldest first. */
function chosen(store: RunStore, ids: readonly number[], last: number): Run[] {
  if (ids.length > 0) {
    return [...new Set(ids)].sort((a, b) => a - b).map((id) => finished(store, id));
  }
  const all = store.runs().filter(({ status }) => status === "finished");
  if (all.length === 0) {
    throw new RangeError("Cannot make a report as a run must have finished: none in the store has");
  }
  if (last > 0) return all.slice(-last);
  const { commit } = all.at(-1)!;
  return all.filter((one) => one.commit === commit);
}

function finished(store: RunStore, id: number): Run {
  const run = store.run(id);
  if (run.status === "finished") return run;
  throw new RangeError(`Cannot report run ${id} as it must have finished: it is ${run.status}`);
}

/** All that the page shows of the runs, and of the trainings behind evaluated policies. */
async function reportOf(store: RunStore, runs: readonly Run[]): Promise<Report> {
  const evaluated = runs.filter(({ kind }) => kind === "eval").map((run) =>
    evaluationOf(store, run)
  );
  const behind = evaluated.flatMap(({ training }) => training ?? []);
  const trained = runs.filter(({ kind }) => kind === "train");
  // A training that no evaluation follows is judged by its own.
  const alone = trained.filter(({ id }) => behind.every((one) => one.id !== id));
  const examined = [...evaluated, ...alone.flatMap((run) => ownEvaluations(store, run))];
  const trainings = [...new Map([...behind, ...trained].map((run) => [run.id, run])).values()]
    .sort((a, b) => a.id - b.id);
  const systems = [
    ...examined.map(({ system }) => system),
    ...trainings.map((run) => trainedSystem(store, run).system),
  ];
  const names = distinctNames(systems);
  const exams = examsOf(
    examined.map((one, index): StoredEvaluation => ({ ...one, variant: names[index] })),
  );
  return {
    exams,
    trainings: trainings.map((run, index) => ({
      variant: names[examined.length + index],
      run,
      steps: store.trainSteps(run.id),
    })),
    runs: [...new Map([...runs, ...trainings].map((run) => [run.id, run])).values()]
      .sort((a, b) => a.id - b.id),
    questions: await questionsOf(exams, runs),
  };
}

/** An evaluation with the training behind its policy. */
function evaluationOf(store: RunStore, run: Run): Examined & { readonly training: Run | null } {
  const { system, training } = storedSystem(store, run.identity!);
  return { ...examined(store, run, "eval"), system, training, seed: (training ?? run).seed };
}

/** What a training found before and after it. */
function ownEvaluations(store: RunStore, run: Run): Examined[] {
  return [
    { ...examined(store, run, "before"), system: { name: UNTRAINED, settings: null } },
    { ...examined(store, run, "after"), system: trainedSystem(store, run).system },
  ];
}

function examined(store: RunStore, run: Run, phase: Phase): Omit<Examined, "system"> {
  const metrics = store.metrics(run.id).filter((metric) => metric.phase === phase);
  return {
    run,
    runId: run.id,
    seed: run.seed,
    verdicts: store.verdicts(run.id, phase),
    measures: new Map(metrics.map((metric) => [metric.name, metric])),
  };
}

/** Texts of questions from the data sets, where they are still there. */
async function questionsOf(
  exams: readonly Exam[],
  runs: readonly Run[],
): Promise<Report["questions"]> {
  const found = new Map<string, ReadonlyMap<string, QuestionText>>();
  for (const { name, attempted } of exams) {
    const run = runs.find(({ id }) => id === attempted[0].runId)!;
    const { data, split } = run.options.run as { data: string; split: string };
    const { examples } = await loadDataset(data, { split: split || undefined, schemas: "skip" });
    found.set(name, new Map(examples.map((example) => [example.id, example])));
  }
  return found;
}
