/**
 * What episodes measured: EX, redundant tool calls and format, with 95% intervals, and how two
 * evaluations of the same questions differ.
 *
 * @module
 */

import type { Difficulty, Example } from "../dataset/example.ts";
import type { Episode } from "../trajectory/episode.ts";
import { type Breakdown, breakdown } from "./breakdown.ts";
import { isCorrect } from "./execution_accuracy.ts";
import {
  type EpisodeRedundancy,
  redundancyOf,
  redundancyRate,
  type RedundancySummary,
} from "./redundancy.ts";
import {
  bootstrapDifference,
  type BootstrapOptions,
  bootstrapRate,
  type QuestionRatio,
  sumsByQuestion,
  wilsonInterval,
} from "./statistics.ts";

/** A measured number with its 95% interval and the number of questions that it rests on. */
export interface Measurement {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** A part of a whole: what one episode adds to a measure. */
type Share = readonly [numerator: number, denominator: number];

/** An episode with the calls that were found redundant in it. */
interface Judged {
  readonly episode: Episode;
  readonly redundancy: EpisodeRedundancy;
}

/** Each measure is a ratio of sums over episodes. */
const SHARES = {
  /** Right answers over episodes. */
  ex: ({ episode }: Judged): Share => [
    Number(isCorrect(episode.finalResult, episode.goldResult)),
    1,
  ],
  /** RTR: redundant tool calls over tool calls. */
  redundant_tool_calls: ({ redundancy: { calls } }: Judged): Share => [
    calls.filter(({ category }) => category !== null).length,
    calls.length,
  ],
  /** Tool calls over episodes. */
  tool_calls: ({ redundancy: { calls } }: Judged): Share => [calls.length, 1],
  /** Tool calls that failed or timed out over tool calls. */
  failed_tool_calls: ({ redundancy: { calls } }: Judged): Share => [
    calls.filter(({ hasFailed }) => hasFailed).length,
    calls.length,
  ],
  /** Messages that break the format over messages. */
  format_violations: ({ episode: { steps } }: Judged): Share => [
    steps.filter(({ action }) => action.kind === "violation").length,
    steps.length,
  ],
};

/** Name of a measure, as it is stored and shown. */
export type MeasureName = keyof typeof SHARES;

/** All measures by name. */
export type Measurements = Readonly<Record<MeasureName, Measurement>>;

/** What an evaluation found. */
export interface EvaluationSummary {
  /** Episodes. */
  readonly n: number;
  readonly measures: Measurements;
  /** EX by difficulty, database, number of tool calls and stop reason. */
  readonly breakdown: Breakdown;
  /** Redundant tool calls by class. */
  readonly redundancy: RedundancySummary;
}

/**
 * Sums up episodes. The interval of EX is Wilson's where each question was tried once; all others
 * are bootstrapped over questions, so that several attempts at one do not pass for independent.
 *
 * @param examples The questions of the episodes, and any others.
 * @param options Seed and number of resamples of the bootstrap.
 * @throws {RangeError} If an episode's example is not among the examples.
 */
export function summarize(
  episodes: readonly Episode[],
  examples: readonly Example[],
  options: BootstrapOptions,
): EvaluationSummary {
  const judged = episodes.map(judge);
  return {
    n: episodes.length,
    measures: byMeasure((name) => measurement(name, judged, options)),
    breakdown: breakdown(verdicts(judged, examples)),
    redundancy: redundancyRate(judged.map(({ redundancy }) => redundancy)),
  };
}

/**
 * How the measures changed, `after - before`, on the questions that both evaluations tried, with
 * paired bootstrap intervals.
 */
export function differences(
  before: readonly Episode[],
  after: readonly Episode[],
  options: BootstrapOptions,
): Measurements {
  const [judgedBefore, judgedAfter] = [before.map(judge), after.map(judge)];
  return byMeasure((name) => {
    const [a, b] = [ratios(name, judgedBefore), ratios(name, judgedAfter)];
    const { estimate, low, high, n } = bootstrapDifference(a, b, options);
    return { value: estimate, low, high, n };
  });
}

/**
 * The episodes of two evaluations on the questions that both answered right in every attempt. Fewer
 * redundant calls count only there: elsewhere a policy that gives up early looks efficient.
 */
export function solvedByBoth(
  before: readonly Episode[],
  after: readonly Episode[],
): [before: Episode[], after: Episode[]] {
  const solved = solvedIds(before).intersection(solvedIds(after));
  const isSolved = ({ exampleId }: Episode) => solved.has(exampleId);
  return [before.filter(isSolved), after.filter(isSolved)];
}

function solvedIds(episodes: readonly Episode[]): Set<string> {
  const isWrong = ({ finalResult, goldResult }: Episode) => !isCorrect(finalResult, goldResult);
  const ids = (some: readonly Episode[]) => new Set(some.map(({ exampleId }) => exampleId));
  return ids(episodes).difference(ids(episodes.filter(isWrong)));
}

function judge(episode: Episode): Judged {
  return { episode, redundancy: redundancyOf(episode) };
}

function byMeasure(measure: (name: MeasureName) => Measurement): Measurements {
  const names = Object.keys(SHARES) as MeasureName[];
  return Object.fromEntries(names.map((name) => [name, measure(name)])) as Measurements;
}

function measurement(
  name: MeasureName,
  judged: readonly Judged[],
  options: BootstrapOptions,
): Measurement {
  const questions = ratios(name, judged);
  const n = questions.length;
  if (name === "ex" && n === judged.length) {
    const right = questions.reduce((sum, { numerator }) => sum + numerator, 0);
    return { value: n === 0 ? 0 : right / n, ...wilsonInterval(right, n), n };
  }
  const { estimate, low, high } = bootstrapRate(questions, options);
  return { value: estimate, low, high, n };
}

/** What each question adds to a measure, all its attempts together. */
function ratios(name: MeasureName, judged: readonly Judged[]): QuestionRatio[] {
  return sumsByQuestion(judged.map((one) => {
    const [numerator, denominator] = SHARES[name](one);
    return { exampleId: one.episode.exampleId, numerator, denominator };
  }));
}

function verdicts(judged: readonly Judged[], examples: readonly Example[]) {
  const difficulties = new Map(examples.map(({ id, difficulty }) => [id, difficulty]));
  return judged.map(({ episode, redundancy }) => ({
    difficulty: difficultyOf(episode, difficulties),
    databaseId: episode.databaseId,
    callCount: redundancy.calls.length,
    stopReason: episode.stopReason,
    isCorrect: isCorrect(episode.finalResult, episode.goldResult),
  }));
}

function difficultyOf(
  { exampleId }: Episode,
  difficulties: ReadonlyMap<string, Difficulty | null>,
): Difficulty | null {
  const difficulty = difficulties.get(exampleId);
  if (difficulty !== undefined) return difficulty;
  throw new RangeError(
    `Cannot sum up episodes as each must be of a known example: "${exampleId}" is none of ${difficulties.size}`,
  );
}
