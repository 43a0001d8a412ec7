/**
 * `finestep report`: what stored runs found, as one HTML page that needs nothing else.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { file, option } from "../config/option.ts";
import { loadDataset } from "../dataset/dataset.ts";
import { earnedSection } from "../pages/earned.ts";
import { examsOf, type StoredEvaluation } from "../pages/exams.ts";
import type { Attempted, Exam, QuestionText, Report } from "../pages/report.ts";
import { UNTRAINED } from "../pages/report.ts";
import { reportPage } from "../pages/report_page.ts";
import { askedIn } from "../pages/trajectories/asked.ts";
import {
  shownTrajectories,
  type ShownTrajectory,
  trajectorySection,
} from "../pages/trajectories/mod.ts";
import { distinctNames, type Named } from "../pages/variants.ts";
import {
  DEFAULT_STORE_PATH,
  openStore,
  type Phase,
  type Run,
  type RunStore,
} from "../store/run_store.ts";
import { parseFlags, UsageError } from "./args.ts";
import { readBoard } from "./leaderboard_file.ts";
import { located } from "./located.ts";
import { storedSystem, trainedSystem } from "./stored_system.ts";
import { refuseToOverwrite, writeWhole } from "./whole_file.ts";

export const TABLES = {
  options: {
    out: file("report.html", "the file to write", "ours"),
    force: option(false, "write over a file that is there", "ours"),
    last: option(
      0,
      "the newest finished runs, as many (0 = all of the newest run's commit)",
      "ours",
      {
        range: [0, 1e6],
      },
    ),
    trajectories: option(40, "questions whose trajectories are shown at most", "ours", {
      range: [0, 1e6],
    }),
    leaderboard: file(
      "results/leaderboard.json",
      "published rows, shown where the file is there",
      "ours",
    ),
    store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
  },
};

export const HELP = {
  usage: "finestep report [run...]",
  summary:
    "Writes one HTML page on stored runs: what is better and how sure that is, learning curves, tables,\n" +
    "every question and trajectories. Without runs: the finished ones of the newest run's commit.",
};

/** Name and version of `--json`; the version goes up with a change that breaks readers. */
const REPORT_FORMAT = "finestep.report/1";

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
  const { values, positionals, json } = parseFlags(argv, TABLES);
  const ids = wantedIds(positionals);
  const { out, force, last, trajectories: questions, store: path } = values.options;
  // Opening would make the file.
  if (!existsSync(path)) throw new Error(`Cannot make a report as there is no store: ${path}`);
  if (!force) refuseToOverwrite(out);
  using store = openStore(path);
  const board = await readBoard(values.options.leaderboard);
  const report = { ...await reportOf(store, chosen(store, ids, last)), board };
  const trajectories = questions === 0 ? [] : trajectoriesOf(store, report);
  const page = await reportPage(report, [
    earnedSection(trajectories),
    trajectorySection(trajectories, { questions }),
  ]);
  await writeWhole(out, [page]);
  const bytes = new TextEncoder().encode(page).length;
  const runs = report.runs.map(({ id }) => id);
  const names = report.exams.map(({ name }) => name);
  console.log(
    json
      ? JSON.stringify({ schema: REPORT_FORMAT, path: out, bytes, runs, exams: names })
      : `Wrote ${out} on ${runs.length} run${runs.length === 1 ? "" : "s"} (${
        (bytes / 1e6).toFixed(1)
      } MB)`,
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
async function reportOf(store: RunStore, runs: readonly Run[]): Promise<Omit<Report, "board">> {
  const evaluated = runs.filter(({ kind }) => kind === "eval").map((run) =>
    evaluationOf(store, run)
  );
  const behind = evaluated.flatMap(({ training }) => training ?? []);
  const trained = runs.filter(({ kind }) => kind === "train");
  // A training that no evaluation follows is judged by its own.
  const alone = trained.filter(({ id }) => behind.every((one) => one.id !== id));
  const examined = [...evaluated, ...alone.flatMap((run) => ownEvaluations(store, run, alone[0]))];
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
    questions: await questionsOf(store, exams),
  };
}

/** An evaluation with the training behind its policy. */
function evaluationOf(store: RunStore, run: Run): Examined & { readonly training: Run | null } {
  const { system, training } = storedSystem(store, run.identity!);
  return { ...examined(store, run, "eval"), system, training, seed: (training ?? run).seed };
}

/**
 * What a training found before and after it. All begin with one policy, which answers greedily: it has
 * the seed of the first, so that it does not pass for several.
 */
function ownEvaluations(store: RunStore, run: Run, { seed }: Run): Examined[] {
  return [
    { ...examined(store, run, "before"), seed, system: { name: UNTRAINED, settings: null } },
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

/**
 * What the first training of each variant did, in training and after it, and evaluations that kept
 * their episodes. More seeds would be more of the same, and a store holds many.
 */
function trajectoriesOf(store: RunStore, { trainings, exams, runs }: Report): ShownTrajectory[] {
  const first = [...Map.groupBy(trainings, ({ variant }) => variant).values()].map(([one]) => one);
  const trained = first.flatMap(({ run, variant }) =>
    (["train", "after"] as const).flatMap((phase) => [
      ...shownTrajectories(run, store.episodes(run.id, phase), { policy: variant }),
    ])
  );
  const evaluated = exams.flatMap(({ attempted }) => attempted).flatMap(({ runId, variant }) => {
    const run = runs.find(({ id }) => id === runId)!;
    if (run.kind === "train") return [];
    const trainedBy = storedSystem(store, run.identity!).training ?? undefined;
    return [
      ...shownTrajectories(run, store.episodes(runId, "eval"), { trainedBy, policy: variant }),
    ];
  });
  return [...trained, ...evaluated];
}

/** Texts of the questions of each exam, by its name. */
async function questionsOf(store: RunStore, exams: readonly Exam[]): Promise<Report["questions"]> {
  const texts = exams.map(async ({ name, attempted }) =>
    [name, await textsOf(store, store.run(attempted[0].runId))] as const
  );
  return new Map(await Promise.all(texts));
}

/** From the data set, as long as it is the one that was evaluated, or from a training's prompts. */
async function textsOf(store: RunStore, run: Run): Promise<Map<string, QuestionText>> {
  if (!run.identity) {
    const episodes = store.episodes(run.id, "before").map(({ episode }) => episode);
    return new Map(episodes.map(({ exampleId, prompt }) => [exampleId, askedIn(prompt)]));
  }
  const { split, questionsSha256 } = run.identity.dataSet;
  const { data } = run.options.run as { readonly data: string };
  try {
    const { examples, files } = await loadDataset(located(data), { split, schemas: "skip" });
    const sha256 = createHash("sha256").update(await Deno.readFile(files.questions)).digest("hex");
    if (sha256 === questionsSha256) {
      return new Map(examples.map((example) => [example.id, example]));
    }
    console.error(
      `warning: ${files.questions} has changed since run ${run.id}: its texts are left out`,
    );
  } catch (error) {
    // The page is complete without them but for these texts.
    console.error(`warning: the texts of questions are left out: ${(error as Error).message}`);
  }
  return new Map();
}
