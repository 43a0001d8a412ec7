/**
 * What the viewer's script gets: trajectories as JSON in which everything is said once, as most
 * attempts at a question share their SQL and results.
 *
 * @module
 */

import type { RedundancyClass } from "../../evaluation/redundancy.ts";
import { CLASS_NAMES } from "../../reports/measures.ts";
import type { ShownResult, ShownStep, ShownTrajectory } from "./shown.ts";

/** Decimals of a number in the page. */
const DECIMALS = 4;

/** An action and its result: kind, reasoning, text, place in `results` or null. */
type ActionData = readonly [ShownStep["kind"], string, string, number | null];

/**
 * Place in `actions`, classes, then hard, recall, process, smoothed, discounted, value and advantage.
 */
type StepData = readonly [number, readonly RedundancyClass[], ...(number | null)[]];

/** The script's data; a place is an index into the list of that name. */
export interface ViewerData {
  readonly classNames: typeof CLASS_NAMES;
  readonly runs: readonly {
    readonly id: number;
    readonly algorithm: string;
    readonly seed: number;
    readonly scoredBy: string;
    readonly scoring: readonly string[];
  }[];
  readonly questions: readonly {
    /** Names the question in links. */
    readonly key: string;
    readonly database: string;
    readonly question: string;
    readonly evidence: string;
    readonly goldSql: string;
    readonly goldResult: number;
  }[];
  readonly results: readonly ShownResult[];
  readonly actions: readonly ActionData[];
  readonly trajectories: readonly {
    /** Names the trajectory in links. */
    readonly key: string;
    readonly question: number;
    readonly run: number;
    readonly phase: string;
    readonly trainStep: number | null;
    readonly attempt: number;
    readonly groupSize: number;
    readonly use: string;
    readonly outcome: string;
    readonly message: string;
    readonly reward: number;
    readonly steps: readonly StepData[];
  }[];
}

/** Trajectories as the script gets them. */
export function viewerData(trajectories: readonly ShownTrajectory[]): ViewerData {
  const runs = interned<ViewerData["runs"][number]>();
  const questions = interned<Omit<ViewerData["questions"][number], "key"> & { id: string }>();
  const results = interned<ShownResult>();
  const actions = interned<ActionData>();
  const stepData = ({ kind, reasoning, text, result, credit, classes }: ShownStep): StepData => {
    const { hard, recall, process, smoothed, discounted, value, advantage } = credit;
    const place = result && results.placeOf(result);
    return [
      actions.placeOf([kind, reasoning, text, place]),
      classes,
      ...[hard, recall, process, smoothed, discounted, value, advantage].map(rounded),
    ];
  };
  const data = trajectories.map((trajectory) => {
    const { run, algorithm, seed, scoredBy, scoring, question: asked } = trajectory;
    const { phase, trainStep, attempt, groupSize, use, outcome, message, reward } = trajectory;
    return {
      key: `${run}.${phase}.${trajectory.episodeSeed}`,
      question: questions.placeOf({
        id: asked.exampleId,
        database: asked.databaseId,
        question: asked.question,
        evidence: asked.evidence,
        goldSql: asked.goldSql,
        goldResult: results.placeOf(asked.goldResult),
      }),
      run: runs.placeOf({ id: run, algorithm, seed, scoredBy, scoring }),
      ...{ phase, trainStep, attempt, groupSize, use, outcome, message, reward },
      steps: trajectory.steps.map(stepData),
    };
  });
  return {
    classNames: CLASS_NAMES,
    runs: runs.values,
    questions: withKeys(questions.values),
    results: results.values,
    actions: actions.values,
    trajectories: data,
  };
}

/** Attempts at one question. */
type Attempts = readonly ShownTrajectory[];

/**
 * The trajectories of at most `limit` questions, of which half are of training where there are
 * enough: an evaluation alone would not show what was trained on.
 */
export function ofQuestions(
  trajectories: readonly ShownTrajectory[],
  limit: number,
): { readonly chosen: readonly ShownTrajectory[]; readonly of: number } {
  const all = [...Map.groupBy(trajectories, questionKey).values()];
  const isTrained = (attempts: Attempts) => attempts.some(({ phase }) => phase === "train");
  const trained = all.filter(isTrained);
  const others = all.filter((attempts) => !isTrained(attempts));
  const half = Math.max(Math.ceil(limit / 2), limit - others.length);
  const first = mostCompared(trained, half);
  return {
    chosen: [...first, ...mostCompared(others, limit - first.length)].flat(),
    of: all.length,
  };
}

/**
 * At most `limit` questions: first those that most algorithms attempted, evenly spaced over the order
 * in which they are given, so that early and late training are seen.
 */
function mostCompared(questions: readonly Attempts[], limit: number): Attempts[] {
  const algorithms = (attempts: Attempts) =>
    new Set(attempts.map(({ algorithm }) => algorithm)).size;
  const chosen: Attempts[] = [];
  const tiers = [...Map.groupBy(questions, algorithms)].sort(([a], [b]) => b - a);
  for (const [, tier] of tiers) chosen.push(...evenlySpaced(tier, limit - chosen.length));
  return chosen;
}

/** Data sets number their questions alike, so an id alone does not tell them apart. */
function questionKey({ question }: ShownTrajectory): string {
  const { databaseId, exampleId, question: text, goldSql } = question;
  return JSON.stringify([databaseId, exampleId, text, goldSql]);
}

function evenlySpaced<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, n) => items[Math.floor(n * items.length / count)]);
}

/** Each question's id; where several share one, also which of them it is. */
function withKeys<T extends { readonly id: string }>(questions: readonly T[]) {
  const seen = new Map<string, number>();
  return questions.map(({ id, ...question }) => {
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    return { key: before === 0 ? id : `${id}~${before + 1}`, ...question };
  });
}

/** A list of values, each once, in the order met. */
function interned<T>() {
  const places = new Map<string, number>();
  const values: T[] = [];
  return {
    values: values as readonly T[],
    placeOf(value: T): number {
      const key = JSON.stringify(value);
      const place = places.get(key) ?? values.push(value) - 1;
      places.set(key, place);
      return place;
    },
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(DECIMALS));
}
