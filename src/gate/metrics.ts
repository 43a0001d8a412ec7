/**
 * Metrics of a tree against those of a baseline, paired by question: how they differ, how sure that
 * is, and what it would take to be surer (docs/gate.md).
 *
 * @module
 */

import {
  bootstrapClusteredDifferences,
  bootstrapDifferences,
  type ClusteredDifferences,
  decision,
  detectableDifference,
  type Difference,
  holm,
  mcNemar,
  minimumDetectableEffect,
  questionsNeeded,
  type QuestionSums,
  seedsNeeded,
} from "../evaluation/statistics.ts";
import { attemptKey, type AttemptResult, type Exams } from "./attempt.ts";
import type { Verdict } from "./verdict.ts";

/** The metrics, in the order of reports. */
export const METRICS = {
  greedyEx: metric("greedy", "ex", "higher", ({ right }) => [right, 1]),
  ex: metric("sampled", "ex", "higher", ({ right }) => [right, 1]),
  redundantCalls: metric(
    "sampled",
    "redundant_tool_calls",
    "lower",
    ({ redundant, calls }) => [redundant, calls],
  ),
  calls: metric("sampled", "tool_calls", "lower", ({ calls }) => [calls, 1]),
  violations: metric(
    "sampled",
    "format_violations",
    "lower",
    ({ violations, messages }) => [violations, messages],
  ),
};

/** Name of a metric, as its margin's option has it. */
export type MetricName = keyof typeof METRICS;

/** A ratio of sums over the attempts of an exam. */
interface Metric {
  readonly exam: keyof Exams;
  /** Its name in `evaluation/summary.ts`. */
  readonly measure: string;
  readonly better: "higher" | "lower";
  readonly part: Part;
}

type Part = (attempt: AttemptResult) => readonly [numerator: number, denominator: number];

function metric(
  exam: Metric["exam"],
  measure: string,
  better: Metric["better"],
  part: Part,
): Metric {
  return { exam, measure, better, part };
}

/** How metrics are judged. */
export interface MetricOptions {
  /** The loss of each metric that does not matter, in its unit: a share, or calls. */
  readonly margins: Readonly<Record<MetricName, number>>;
  /** A loss counts with an adjusted p-value below this. */
  readonly alpha: number;
  /** Of the bootstrap. */
  readonly seed: number;
  readonly resamples?: number;
  /**
   * Whether attempts that are all unchanged pass, however few: yes of one policy, where code alone could
   * change them, and when not given; not of two, which may differ on the next question.
   */
  readonly passesUnchanged?: boolean;
}

/** What it would take to rule a loss of the margin out, where there is none, with 80 % power. */
export interface Needed {
  readonly questions: number;
  /** Attempts at each of the same questions; null where one greedy attempt is all there is. */
  readonly attempts: number | null;
}

/** A metric's change. */
export interface MetricReport extends Pick<Metric, "exam" | "measure" | "better"> {
  readonly name: MetricName;
  /** Questions that both have attempted. */
  readonly n: number;
  readonly before: number;
  readonly after: number;
  /** `after - before`, with its 95 % interval and p-value, by question. */
  readonly difference: Difference;
  /** The p-value, adjusted by Holm for the number of metrics. */
  readonly pAdjusted: number;
  /** The same with databases as the unit, shown beside it. */
  readonly byDatabase: Pick<ClusteredDifferences, "clusterCount"> & {
    readonly difference: Difference;
  };
  readonly margin: number;
  /** Whether every attempt is as it was, to the last digit of its digest. */
  readonly isUnchanged: boolean;
  readonly verdict: Verdict;
  /** The smallest difference that would be found with 80 % power; null where none can be told. */
  readonly detectable: number | null;
  readonly needed: Needed | null;
}

/** A metric on the questions that both attempted, question by question. */
interface Paired {
  readonly name: MetricName;
  /** Attempts at each question. */
  readonly before: readonly (readonly AttemptResult[])[];
  readonly after: readonly (readonly AttemptResult[])[];
  readonly isUnchanged: boolean;
}

/**
 * Judges every metric. A metric is a REGRESSION where its whole interval is on the bad side of 0 and
 * its adjusted p-value below alpha; it is a PASS where the interval leaves out a loss of the margin,
 * or nothing at all has changed (`passesUnchanged`); else INCONCLUSIVE.
 *
 * @throws {RangeError} If an exam has no question in common with the baseline's.
 */
export function compareMetrics(
  before: Exams,
  after: Exams,
  options: MetricOptions,
): MetricReport[] {
  const paired = (Object.keys(METRICS) as MetricName[]).map((name) =>
    pairedBy(name, before, after)
  );
  const differences = paired.map((pair) => differencesOf(pair, options));
  const adjusted = holm(differences.map(({ byQuestion }) => byQuestion.pValue));
  return paired.map((pair, index) =>
    reportOf(pair, { ...differences[index], pAdjusted: adjusted[index], options })
  );
}

function pairedBy(name: MetricName, before: Exams, after: Exams): Paired {
  const { exam } = METRICS[name];
  const [old, now] = [before[exam], after[exam]].map((attempts) =>
    Map.groupBy(attempts, ({ exampleId }) => exampleId)
  );
  const ids = [...old.keys()].filter((id) => now.has(id));
  if (ids.length === 0) {
    throw new RangeError(
      `Cannot compare ${exam} attempts as baseline and tree must have a question in common: ` +
        `there is none of ${old.size} and ${now.size}`,
    );
  }
  const [left, right] = [old, now].map((questions) => ids.map((id) => questions.get(id)!));
  return { name, before: left, after: right, isUnchanged: isSame(left.flat(), right.flat()) };
}

function isSame(before: readonly AttemptResult[], after: readonly AttemptResult[]): boolean {
  const digests = new Map(before.map((one) => [attemptKey(one), one.digest]));
  return after.every((one) => digests.get(attemptKey(one)) === one.digest);
}

interface Differences {
  readonly byQuestion: Difference;
  readonly byDatabase: MetricReport["byDatabase"];
}

function differencesOf(pair: Paired, { seed, resamples }: MetricOptions): Differences {
  const [before, after] = comparable(pair).map((questions) => sumsOf(pair.name, questions));
  const clusters = pair.before.map(([{ databaseId }]) => databaseId);
  const options = { seed, resamples };
  const { differences: [difference], clusterCount } = bootstrapClusteredDifferences(
    [before],
    [after],
    clusters,
    options,
  );
  return {
    byQuestion: METRICS[pair.name].exam === "greedy"
      ? mcNemar(pairedCounts(before, after))
      : bootstrapDifferences([before], [after], options)[0],
    byDatabase: { difference, clusterCount },
  };
}

/** Unchanged attempts are compared with themselves: a baseline may have more of them. */
function comparable({ before, after, isUnchanged }: Paired) {
  return isUnchanged ? [after, after] : [before, after];
}

/** What each question adds to a metric, all its attempts together. */
function sumsOf(
  name: MetricName,
  questions: readonly (readonly AttemptResult[])[],
): QuestionSums {
  const sum = (place: 0 | 1) =>
    Float64Array.from(
      questions,
      (attempts) => attempts.reduce((total, one) => total + METRICS[name].part(one)[place], 0),
    );
  return { numerators: sum(0), denominators: sum(1) };
}

/** One attempt at each question, right or wrong. */
function pairedCounts({ numerators: before }: QuestionSums, { numerators: after }: QuestionSums) {
  const count = (wanted: number) =>
    before.reduce((total, right, q) => total + Number(Math.sign(after[q] - right) === wanted), 0);
  return { gained: count(1), lost: count(-1), n: before.length };
}

function reportOf(
  pair: Paired,
  { byQuestion, byDatabase, pAdjusted, options }: Differences & {
    readonly pAdjusted: number;
    readonly options: MetricOptions;
  },
): MetricReport {
  const { name, isUnchanged } = pair;
  const { exam, measure, better } = METRICS[name];
  const margin = options.margins[name];
  const [old, now] = comparable(pair);
  const isWorse = better === "higher" ? byQuestion.high < 0 : byQuestion.low > 0;
  const isNoWorse = (isUnchanged && options.passesUnchanged !== false) ||
    decision([{ interval: byQuestion, better, margin }]) === "supported";
  const detectable = isUnchanged ? null : detectableOf(pair, byQuestion);
  const verdict = isWorse && pAdjusted < options.alpha
    ? "REGRESSION"
    : isNoWorse
    ? "PASS"
    : "INCONCLUSIVE";
  return {
    ...{ name, exam, measure, better, margin, isUnchanged, pAdjusted, byDatabase, verdict },
    n: now.length,
    before: rateOf(sumsOf(name, old)),
    after: rateOf(sumsOf(name, now)),
    difference: byQuestion,
    detectable,
    needed: verdict === "INCONCLUSIVE" ? neededOf(pair, margin, detectable) : null,
  };
}

function rateOf({ numerators, denominators }: QuestionSums): number {
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return sum(denominators) === 0 ? 0 : sum(numerators) / sum(denominators);
}

/** Shares of greedy attempts by McNemar's power; else by the width of the interval, taken as normal. */
function detectableOf(pair: Paired, difference: Difference): number | null {
  if (METRICS[pair.name].exam === "greedy") {
    const discordance = discordanceOf(pair);
    return discordance === 0 ? null : minimumDetectableEffect(pair.after.length, discordance);
  }
  const effect = detectableDifference(difference);
  return effect === 0 ? null : effect;
}

function discordanceOf({ name, before, after }: Paired): number {
  const { gained, lost, n } = pairedCounts(sumsOf(name, before), sumsOf(name, after));
  return (gained + lost) / n;
}

function neededOf(pair: Paired, margin: number, detectable: number | null): Needed | null {
  if (margin === 0) return null;
  const n = pair.after.length;
  if (METRICS[pair.name].exam === "greedy") {
    // A loss cannot be larger than the share of the questions that differ.
    const discordance = Math.max(discordanceOf(pair), margin);
    return { questions: Math.max(n, questionsNeeded(margin, discordance)), attempts: null };
  }
  if (detectable === null) return null;
  const sd = attemptDeviation(pair);
  return {
    questions: Math.ceil(n * (detectable / margin) ** 2),
    attempts: sd === 0 || sd === null ? null : seedsNeeded(margin, sd),
  };
}

/**
 * Standard deviation of the metric's difference between one attempt at each question and another, the
 * questions staying the same, from how the attempts at each question differ (the ratio of sums
 * linearized: W. G. Cochran 1977, "Sampling Techniques", section 6.5). Null for single attempts.
 */
function attemptDeviation({ name, before, after }: Paired): number | null {
  const variances = [before, after].map((questions) => attemptVariance(name, questions));
  return variances.includes(null) ? null : Math.sqrt(variances[0]! + variances[1]!);
}

function attemptVariance(
  name: MetricName,
  questions: readonly (readonly AttemptResult[])[],
): number | null {
  const sums = sumsOf(name, questions);
  const rate = rateOf(sums);
  if (questions.some(({ length }) => length < 2)) return null;
  const attempts = questions.reduce((total, { length }) => total + length, 0);
  const perAttempt = sums.denominators.reduce((total, value) => total + value, 0) / attempts;
  const within = questions.map((some) => {
    const residuals = some.map((one) => {
      const [numerator, denominator] = METRICS[name].part(one);
      return (numerator - rate * denominator) / perAttempt;
    });
    return variance(residuals);
  });
  return within.reduce((total, value) => total + value, 0) / questions.length ** 2;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
