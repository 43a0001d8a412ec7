/**
 * What verdicts measured: EX, strict EX, Soft-F1, R-VES, redundant tool calls and format, with 95%
 * intervals, and how two evaluations of the same questions differ.
 *
 * @module
 */

import { type Breakdown, breakdown, type Disagreements, disagreements } from "./breakdown.ts";
import { isRedundant, redundancyRate, type RedundancySummary } from "./redundancy.ts";
import {
  bootstrapDifferences,
  type BootstrapOptions,
  bootstrapRates,
  type Estimate,
  type QuestionSums,
  wilsonInterval,
} from "./statistics.ts";
import type { Verdict } from "./verdict.ts";

/** A measured number with its 95% interval and the number of questions that it rests on. */
export interface Measurement {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}

/** A part of a whole: what one verdict adds to a measure. */
type Part = readonly [numerator: number, denominator: number];

/** Each measure is a ratio of sums over verdicts. */
const PARTS = {
  /** Right answers over verdicts. */
  ex: ({ isCorrect }: Verdict): Part => [Number(isCorrect), 1],
  /** Strictly right answers over verdicts. */
  strict_ex: ({ isStrictlyCorrect }: Verdict): Part => [Number(isStrictlyCorrect), 1],
  /** Soft-F1 over verdicts. */
  soft_f1: ({ softF1 }: Verdict): Part => [softF1, 1],
  /** R-VES: square roots of rewards over verdicts. BIRD shows 100 times as much. */
  r_ves: ({ rVesReward }: Verdict): Part => [Math.sqrt(rVesReward ?? 0), 1],
  /** RTR: redundant tool calls over tool calls. */
  redundant_tool_calls: ({ calls }: Verdict): Part => [
    calls.filter(isRedundant).length,
    calls.length,
  ],
  /** Tool calls over verdicts. */
  tool_calls: ({ calls }: Verdict): Part => [calls.length, 1],
  /** Tool calls that failed or timed out over tool calls. */
  failed_tool_calls: ({ calls }: Verdict): Part => [
    calls.filter(({ hasFailed }) => hasFailed).length,
    calls.length,
  ],
  /** Messages that break the format over messages. */
  format_violations: ({ violationCount, messageCount }: Verdict): Part => [
    violationCount,
    messageCount,
  ],
};

/** Name of a measure, as it is stored and shown. */
export type MeasureName = keyof typeof PARTS;

/** All measures by name; `r_ves` only where every answer was timed, or is wrong and has reward 0. */
export type Measurements =
  & Readonly<Record<Exclude<MeasureName, "r_ves">, Measurement>>
  & { readonly r_ves?: Measurement; readonly sound_ex?: Measurement };

/** How verdicts are summed up. */
export interface SummaryOptions extends BootstrapOptions {
  /** Ids of questions whose gold SQL is unsound; where given, `sound_ex` is EX without them. */
  readonly unsound?: ReadonlySet<string>;
}

/** What an evaluation found. */
export interface EvaluationSummary {
  /** Verdicts. */
  readonly n: number;
  readonly measures: Measurements;
  /** EX by what the questions are and how they were answered, and counts of outcomes. */
  readonly breakdown: Breakdown;
  /** Where strict EX and BIRD's EX differ. */
  readonly disagreements: Disagreements;
  /** Redundant tool calls by class. */
  readonly redundancy: RedundancySummary;
}

/**
 * Sums up verdicts. The intervals of EX and strict EX are Wilson's where each question was tried once;
 * all others are bootstrapped over questions, so that several attempts at one do not pass for
 * independent.
 *
 * @param options Seed and number of resamples of the bootstrap, and the questions not to trust.
 */
export function summarize(
  verdicts: readonly Verdict[],
  { unsound, ...options }: SummaryOptions,
): EvaluationSummary {
  const measures = measurements(verdicts, options);
  const sound = verdicts.filter(({ exampleId }) => !unsound?.has(exampleId));
  return {
    n: verdicts.length,
    measures: unsound ? { ...measures, sound_ex: measurements(sound, options).ex } : measures,
    breakdown: breakdown(verdicts),
    disagreements: disagreements(verdicts),
    redundancy: redundancyRate(verdicts),
  };
}

/**
 * How the measures changed, `after - before`, on the questions that both evaluations tried, with
 * paired bootstrap intervals.
 */
export function differences(
  before: readonly Verdict[],
  after: readonly Verdict[],
  options: BootstrapOptions,
): Measurements {
  const [attemptsBefore, attemptsAfter] = [byQuestion(before), byQuestion(after)];
  const ids = [...attemptsBefore.keys()].filter((id) => attemptsAfter.has(id));
  const names = measureNames(before).filter((name) => measureNames(after).includes(name));
  const [sumsBefore, sumsAfter] = [attemptsBefore, attemptsAfter].map((attempts) => {
    const questions = ids.map((id) => attempts.get(id)!);
    return names.map((name) => sumsOf(name, questions));
  });
  return measured(names, bootstrapDifferences(sumsBefore, sumsAfter, options), ids.length);
}

/**
 * The verdicts of two evaluations on the questions that both answered right in every attempt. Fewer
 * redundant calls count only there: elsewhere a policy that gives up early looks efficient.
 */
export function solvedByBoth(
  before: readonly Verdict[],
  after: readonly Verdict[],
): [before: Verdict[], after: Verdict[]] {
  const solved = solvedIds(before).intersection(solvedIds(after));
  const isSolved = ({ exampleId }: Verdict) => solved.has(exampleId);
  return [before.filter(isSolved), after.filter(isSolved)];
}

function solvedIds(verdicts: readonly Verdict[]): Set<string> {
  const ids = (some: readonly Verdict[]) => new Set(some.map(({ exampleId }) => exampleId));
  return ids(verdicts).difference(ids(verdicts.filter(({ isCorrect }) => !isCorrect)));
}

function measurements(verdicts: readonly Verdict[], options: BootstrapOptions): Measurements {
  const questions = [...byQuestion(verdicts).values()];
  const names = measureNames(verdicts);
  const isTriedOnce = questions.length === verdicts.length;
  const shares = names.filter((name) => isTriedOnce && (name === "ex" || name === "strict_ex"));
  const others = names.filter((name) => !shares.includes(name));
  const estimates = [
    ...shares.map((name) => share(name, verdicts)),
    ...bootstrapRates(others.map((name) => sumsOf(name, questions)), options),
  ];
  return measured([...shares, ...others], estimates, questions.length);
}

/** The measures that there are. */
function measureNames(verdicts: readonly Verdict[]): MeasureName[] {
  const isTimed = verdicts.length > 0 && verdicts.every(({ rVesReward }) => rVesReward !== null);
  const names = Object.keys(PARTS) as MeasureName[];
  return names.filter((name) => name !== "r_ves" || isTimed);
}

/** A share of verdicts with Wilson's interval. */
function share(name: MeasureName, verdicts: readonly Verdict[]): Estimate {
  const n = verdicts.length;
  const count = verdicts.reduce((sum, verdict) => sum + PARTS[name](verdict)[0], 0);
  return { estimate: n === 0 ? 0 : count / n, ...wilsonInterval(count, n) };
}

/** The attempts at each question, by its id. */
export function byQuestion(verdicts: readonly Verdict[]): Map<string, Verdict[]> {
  return Map.groupBy(verdicts, ({ exampleId }) => exampleId);
}

/**
 * What each question adds to a measure, all its attempts together.
 *
 * @param questions The attempts at each question, in the order wanted.
 */
export function sumsOf(
  name: MeasureName,
  questions: readonly (readonly Verdict[])[],
): QuestionSums {
  const sum = (part: 0 | 1) =>
    Float64Array.from(
      questions,
      (attempts) => attempts.reduce((total, verdict) => total + PARTS[name](verdict)[part], 0),
    );
  return { numerators: sum(0), denominators: sum(1) };
}

function measured(names: readonly MeasureName[], estimates: readonly Estimate[], n: number) {
  return Object.fromEntries(
    names.map((name, i) => {
      const { estimate, low, high } = estimates[i];
      return [name, { value: estimate, low, high, n }];
    }),
  ) as Measurements;
}
