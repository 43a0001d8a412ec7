/**
 * What a report is made of: the exams of policies and the trainings that they came from.
 *
 * @module
 */

import type { Leaderboard } from "../leaderboard/schema.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import type { Metric, Run, TrainStep } from "../store/run_store.ts";

/** How questions were asked. */
export interface ExamForm {
  /** Name of the data set, for people. */
  readonly dataSet: string;
  readonly split: string;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Attempts at each question. */
  readonly samples: number;
}

/** One policy's evaluation. */
export interface Attempted {
  /** The algorithm that made the policy, with what was changed of it, or the policy's name. */
  readonly variant: string;
  /** Of the training; of the evaluation where there was no training. */
  readonly seed: number;
  /** Run whose verdicts these are. */
  readonly runId: number;
  readonly verdicts: readonly Verdict[];
  /** Measures with intervals over questions. */
  readonly measures: ReadonlyMap<string, Metric>;
}

/** Evaluations that can be compared: the same questions, asked and judged alike. */
export interface Exam {
  /** For instance `dev, greedy`; unique in a report. */
  readonly name: string;
  readonly form: ExamForm;
  /** Questions. */
  readonly n: number;
  readonly attempted: readonly Attempted[];
}

/** A training with its curve. */
export interface Training {
  readonly variant: string;
  readonly run: Run;
  readonly steps: readonly TrainStep[];
}

/** What is known of a question beside its verdicts. */
export interface QuestionText {
  readonly question: string;
  readonly evidence: string;
}

/** All that a page shows, trajectories apart. */
export interface Report {
  readonly exams: readonly Exam[];
  readonly trainings: readonly Training[];
  /** Every run that was used, oldest first. */
  readonly runs: readonly Run[];
  /** Texts of questions by the name of their exam and their id; empty where the data set is not there. */
  readonly questions: ReadonlyMap<string, ReadonlyMap<string, QuestionText>>;
  /** What was published before. */
  readonly board: Leaderboard;
}

/** The name of the policy that trainings begin with. */
export const UNTRAINED = "untrained";

/** The evaluations of an exam by variant, FineStep first, the untrained policy last. */
export function byVariant({ attempted }: Exam): Map<string, readonly Attempted[]> {
  const groups = [...Map.groupBy(attempted, ({ variant }) => variant)];
  return new Map(groups.sort(([a], [b]) => inOrder(a, b)));
}

/** The names of all algorithms and policies of a report, in the same order. */
export function variantsOf({ exams, trainings }: Pick<Report, "exams" | "trainings">): string[] {
  const all = [...exams.flatMap(({ attempted }) => attempted), ...trainings];
  return [...new Set(all.map(({ variant }) => variant))].sort(inOrder);
}

const ORDER = ["finestep", "grpo", "dapo", "gspo"];

function inOrder(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function rank(variant: string): number {
  if (variant === UNTRAINED) return Infinity;
  const place = ORDER.indexOf(variant);
  return place === -1 ? ORDER.length : place;
}
