/**
 * Intervals for shares, rates and differences, always at 95%.
 *
 * The unit of resampling is the question: tool calls of one question, or attempts at it, are not
 * independent of each other.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";

/** Upper 2.5% point of the standard normal. */
const Z_95 = 1.959963984540054;

/** Lower and upper 95% bound. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An estimate with its 95% interval. */
export interface Estimate extends Interval {
  readonly estimate: number;
}

/**
 * What one question adds to a rate, summed over its attempts: redundant calls over calls for RTR,
 * right answers over attempts for EX.
 */
export interface QuestionRatio {
  readonly exampleId: string;
  readonly numerator: number;
  readonly denominator: number;
}

/** How a bootstrap draws. */
export interface BootstrapOptions {
  /** The same seed gives the same interval. */
  readonly seed: number;
  /** Number of resamples. */
  readonly resamples?: number;
}

const DEFAULT_RESAMPLES = 10_000;

/**
 * Wilson's score interval of a proportion, without continuity correction (E. B. Wilson 1927,
 * "Probable inference, the law of succession, and statistical inference", JASA 22:209).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { wilsonInterval } from "./statistics.ts";
 *
 * const { low, high } = wilsonInterval(235, 287);
 * assert.equal(`${low.toFixed(4)} ${high.toFixed(4)}`, "0.7701 0.8591");
 * ```
 *
 * @returns Bounds in [0, 1]; with `n` 0, which says nothing, 0 to 1.
 * @throws {RangeError} If the counts are not integers with 0 <= `successes` <= `n`.
 */
export function wilsonInterval(successes: number, n: number): Interval {
  if (!Number.isInteger(successes) || !Number.isInteger(n) || successes < 0 || successes > n) {
    throw new RangeError(
      `Cannot compute an interval as successes must be a count of at most n: ` +
        `current values are ${successes} of ${n}`,
    );
  }
  if (n === 0) return { low: 0, high: 1 };
  const share = successes / n;
  const z2 = Z_95 ** 2;
  const center = (share + z2 / (2 * n)) / (1 + z2 / n);
  const radius = Z_95 / (1 + z2 / n) * Math.sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  // Rounding must not leave the exact bounds of all wrong and all right.
  return {
    low: successes === 0 ? 0 : center - radius,
    high: successes === n ? 1 : center + radius,
  };
}

/**
 * A ratio of sums with its percentile bootstrap interval over questions (B. Efron and
 * R. J. Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13).
 *
 * @returns The rate `sum(numerator) / sum(denominator)`, 0 where the denominators sum to 0, as in a
 * resample. Without questions 0, with the interval 0 to 0; with one question the interval is a point.
 * @throws {RangeError} If a question occurs twice, or `resamples` is not a positive integer.
 */
export function bootstrapRate(
  questions: readonly QuestionRatio[],
  options: BootstrapOptions,
): Estimate {
  refuseRepeated(questions);
  return bootstrapped(questions.length, (drawn) => rate(questions, drawn), options);
}

/**
 * The difference of two systems' rates, `b - a`, on the questions that both attempted, with its
 * paired percentile bootstrap interval: a resample draws each question for both systems (Efron and
 * Tibshirani 1993, chapter 13; for test sets P. Koehn 2004, "Statistical significance tests for
 * machine translation evaluation", EMNLP).
 *
 * Rates with different denominators, such as RTR, are compared as ratios of sums, like
 * {@linkcode bootstrapRate}.
 *
 * @returns The difference; 0 with the interval 0 to 0 when no question is shared.
 * @throws {RangeError} If a question occurs twice in one system, or `resamples` is not a positive
 * integer.
 */
export function bootstrapDifference(
  a: readonly QuestionRatio[],
  b: readonly QuestionRatio[],
  options: BootstrapOptions,
): Estimate & { readonly n: number } {
  const [pairsOfA, pairsOfB] = paired(a, b);
  const difference = (drawn: Int32Array) => rate(pairsOfB, drawn) - rate(pairsOfA, drawn);
  return { ...bootstrapped(pairsOfA.length, difference, options), n: pairsOfA.length };
}

/** Adds up several attempts at the same question; questions stay in the order of first attempt. */
export function sumsByQuestion(attempts: readonly QuestionRatio[]): QuestionRatio[] {
  return [...Map.groupBy(attempts, ({ exampleId }) => exampleId)].map(([exampleId, group]) => ({
    exampleId,
    numerator: group.reduce((sum, { numerator }) => sum + numerator, 0),
    denominator: group.reduce((sum, { denominator }) => sum + denominator, 0),
  }));
}

function refuseRepeated(questions: readonly QuestionRatio[]): void {
  const seen = new Set<string>();
  for (const { exampleId } of questions) {
    if (seen.has(exampleId)) {
      throw new RangeError(
        `Cannot resample questions as each must occur once: "${exampleId}" occurs again`,
      );
    }
    seen.add(exampleId);
  }
}

function paired(
  a: readonly QuestionRatio[],
  b: readonly QuestionRatio[],
): [QuestionRatio[], QuestionRatio[]] {
  refuseRepeated(a);
  refuseRepeated(b);
  const ofB = new Map(b.map((question) => [question.exampleId, question]));
  const shared = a.filter(({ exampleId }) => ofB.has(exampleId));
  return [shared, shared.map(({ exampleId }) => ofB.get(exampleId)!)];
}

function rate(questions: readonly QuestionRatio[], drawn: Int32Array): number {
  let numerator = 0;
  let denominator = 0;
  for (const index of drawn) {
    numerator += questions[index].numerator;
    denominator += questions[index].denominator;
  }
  return denominator === 0 ? 0 : numerator / denominator;
}

function bootstrapped(
  n: number,
  statistic: (drawn: Int32Array) => number,
  { seed, resamples = DEFAULT_RESAMPLES }: BootstrapOptions,
): Estimate {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(
      `Cannot resample as the number of resamples must be a positive integer: current value is ${resamples}`,
    );
  }
  const rng = new Rng(seed, "bootstrap");
  const drawn = Int32Array.from({ length: n }, (_, index) => index);
  const estimate = statistic(drawn);
  const values = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < n; i++) drawn[i] = rng.below(n);
    return statistic(drawn);
  }).sort();
  return { estimate, low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Quantile of sorted values with linear interpolation (numpy's default). */
function quantile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
