/**
 * Reports made by hand: two algorithms, or one, on a few questions.
 *
 * @module
 */

import { summarize } from "../../src/evaluation/summary.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { EMPTY_BOARD } from "../../src/leaderboard/board.ts";
import type { StoredEvaluation } from "../../src/pages/exams.ts";
import type { Attempted, Exam, Report, Training } from "../../src/pages/report.ts";
import type { Run, TrainStep } from "../../src/store/run_store.ts";
import { aVerdict, REPEATED_CALLS, RUN } from "../reports/exported_runs.ts";

/** Questions of {@linkcode anExam}. */
const QUESTIONS = 12;

/** A policy that answers the first `right` questions, with a redundant call in the first `redundant`. */
export function attempted(
  variant: string,
  seed: number,
  { right, redundant = 0, samples = 1, changes = {} }: {
    readonly right: number;
    readonly redundant?: number;
    readonly samples?: number;
    readonly changes?: Partial<Verdict>;
  },
): Attempted {
  const verdicts = Array.from({ length: QUESTIONS * samples }, (_, index) => {
    const question = Math.floor(index / samples);
    const isCorrect = question < right;
    return aVerdict({
      exampleId: String(question),
      seed: index,
      isCorrect,
      isStrictlyCorrect: isCorrect,
      outcome: isCorrect ? "right" : "wrong_rows",
      softF1: Number(isCorrect),
      calls: question < redundant ? REPEATED_CALLS : REPEATED_CALLS.slice(0, 1),
      messageCount: 3,
      ...changes,
    });
  });
  const { measures } = summarize(verdicts, { seed: 1, resamples: 39 });
  const metrics = Object.entries(measures)
    .map(([name, measure]) => [name, { phase: "eval", name, ...measure }] as const);
  return { variant, seed, runId: 10 * seed, verdicts, measures: new Map(metrics) };
}

/** An exam of dev, greedy unless it has several samples. */
export function anExam(some: readonly Attempted[], { samples = 1, split = "dev" } = {}): Exam {
  const temperature = samples === 1 ? 0 : 1;
  return {
    name: `shop ${split}, ${samples === 1 ? "greedy" : "as in training"}`,
    form: { dataSet: "shop", split, temperature, samples },
    n: QUESTIONS,
    attempted: some,
  };
}

/** FineStep and GRPO over `seeds` seeds, both forms of exam; FineStep wins on redundant calls. */
export function twoAlgorithms({ seeds = 2, split = "dev" } = {}): Report {
  const numbers = Array.from({ length: seeds }, (_, index) => index + 1);
  const exams = [1, 2].map((samples) =>
    anExam(
      numbers.flatMap((seed) => [
        attempted("finestep", seed, { right: 9, samples }),
        attempted("grpo", seed, { right: 9, redundant: 11, samples }),
      ]),
      { samples, split },
    )
  );
  const trainings = numbers.flatMap((seed) =>
    ["finestep", "grpo"].map((variant) => aTraining(variant, seed, [0.2, 0.4, 0.6]))
  );
  return aReport({ exams, trainings });
}

/** A report with nothing in it but what is given. */
export function aReport(parts: Partial<Report>): Report {
  return {
    exams: [],
    trainings: [],
    runs: [RUN],
    questions: new Map(),
    board: EMPTY_BOARD,
    ...parts,
  };
}

/** A training whose EX is as given, step by step, at 100 sampled tokens a step. */
export function aTraining(
  variant: string,
  seed: number,
  ex: readonly number[],
  tokens = 100,
): Training {
  const steps = ex.map((value, trainStep): TrainStep => ({
    trainStep,
    metrics: {
      "env/ex": value,
      "env/redundant_tool_calls": 0.5,
      "env/tool_calls": 2,
      "env/sampled_tokens": tokens,
    },
  }));
  return { variant, run: { ...RUN, id: seed, kind: "train", algorithm: variant, seed }, steps };
}

/** An evaluation of a run whose identity has the changes. */
export function evaluation(
  one: Attempted,
  changes: Partial<NonNullable<Run["identity"]>> = {},
): StoredEvaluation {
  const identity = { ...RUN.identity!, prompt: { template: "compact", sha256: "0" }, ...changes };
  return { ...one, run: { ...RUN, id: one.runId, identity } };
}
