/**
 * Two algorithms compared on the same questions, each by policies of several seeds.
 *
 * @module
 */

import {
  bootstrapClusteredDifferences,
  type BootstrapOptions,
  bootstrapSeedDifference,
  type Difference,
  type Interval,
  meanDifferenceInterval,
  type QuestionSums,
} from "./statistics.ts";
import { redundancyRate } from "./redundancy.ts";
import { byQuestion, type MeasureName, solvedByBoth, sumsOf } from "./summary.ts";
import type { Verdict } from "./verdict.ts";

/** The evaluations of an algorithm's policies: the verdicts of one for each seed. */
export type SeedVerdicts = readonly (readonly Verdict[])[];

/**
 * The difference of a measure, `after - before`, with its interval and p-value over seeds and questions.
 *
 * @throws {RangeError} If the evaluations are not all of the same questions.
 */
export function differenceOverSeeds(
  name: MeasureName,
  before: SeedVerdicts,
  after: SeedVerdicts,
  options: BootstrapOptions,
): Difference {
  const ids = [...byQuestion(before[0]).keys()];
  const sums = (run: readonly Verdict[]) => sumsOn(name, ids, run);
  return bootstrapSeedDifference(before.map(sums), after.map(sums), options);
}

/** How a measure of one algorithm differs from another's, `after - before`. */
export interface Effect {
  readonly measure: MeasureName;
  /** Rates over all seeds and questions. */
  readonly before: number;
  readonly after: number;
  /** Over seeds and questions. */
  readonly difference: Difference;
  /** With databases as the unit, for these seeds. */
  readonly byDatabase: Difference & { readonly databases: number; readonly hasFew: boolean };
  /** Student's interval over seeds, for these questions; null with a single seed. */
  readonly overSeeds: Interval | null;
  /** The rate of each seed. */
  readonly seedsBefore: readonly number[];
  readonly seedsAfter: readonly number[];
  readonly questions: number;
}

/** How algorithms are compared. */
export interface EffectOptions extends BootstrapOptions {
  /** What the rate before is multiplied by; 2/3 tells whether it was cut by a third. */
  readonly share?: number;
}

/**
 * The difference of a measure, with its intervals.
 *
 * @throws {RangeError} If the evaluations are not all of the same questions.
 */
export function effect(
  measure: MeasureName,
  before: SeedVerdicts,
  after: SeedVerdicts,
  { share = 1, ...options }: EffectOptions,
): Effect {
  const questions = byQuestion(before[0]);
  const ids = [...questions.keys()];
  const sumsBefore = before.map((run) => shared(sumsOn(measure, ids, run), share));
  const sumsAfter = after.map((run) => sumsOn(measure, ids, run));
  const [allBefore, allAfter] = [sumsBefore, sumsAfter].map(added);
  const [seedsBefore, seedsAfter] = [sumsBefore, sumsAfter].map((runs) => runs.map(rateOf));
  const clusters = ids.map((id) => questions.get(id)![0].databaseId);
  const { differences: [byDatabase], clusterCount, hasFewClusters } = bootstrapClusteredDifferences(
    [allBefore],
    [allAfter],
    clusters,
    options,
  );
  return {
    measure,
    before: rateOf(allBefore),
    after: rateOf(allAfter),
    difference: bootstrapSeedDifference(sumsBefore, sumsAfter, options),
    byDatabase: { ...byDatabase, databases: clusterCount, hasFew: hasFewClusters },
    overSeeds: meanDifferenceInterval(seedsBefore, seedsAfter),
    seedsBefore,
    seedsAfter,
    questions: ids.length,
  };
}

/** What an algorithm's policies called, over all seeds and questions. */
export interface Calls {
  /** Share of the tool calls. */
  readonly redundantToolCalls: number;
  /** Per attempt. */
  readonly toolCalls: number;
}

/**
 * What two algorithms called on the questions that both answered right in every attempt of every seed.
 *
 * @param before Of the one compared with.
 */
export function callsWhereSolved(
  before: SeedVerdicts,
  after: SeedVerdicts,
): { readonly questions: number; readonly before: Calls; readonly after: Calls } {
  const solved = solvedByBoth(before.flat(), after.flat());
  const [callsBefore, callsAfter] = solved.map((verdicts): Calls => {
    const { rtr, callsPerQuestion } = redundancyRate(verdicts);
    return { redundantToolCalls: rtr, toolCalls: callsPerQuestion };
  });
  return { questions: byQuestion(solved[0]).size, before: callsBefore, after: callsAfter };
}

/** The sums of one run by question, in the order of `ids`. */
function sumsOn(name: MeasureName, ids: readonly string[], verdicts: readonly Verdict[]) {
  const attempts = byQuestion(verdicts);
  if (attempts.size !== ids.length || ids.some((id) => !attempts.has(id))) {
    throw new RangeError(
      `Cannot compare over seeds as all evaluations must be of the same questions: ` +
        `there are some of ${ids.length} and some of ${attempts.size}`,
    );
  }
  return sumsOf(name, ids.map((id) => attempts.get(id)!));
}

function shared({ numerators, denominators }: QuestionSums, share: number): QuestionSums {
  return { numerators: numerators.map((value) => share * value), denominators };
}

/** Question by question, over all runs. */
function added(runs: readonly QuestionSums[]): QuestionSums {
  const total = (part: keyof QuestionSums) =>
    runs[0][part].map((_, q) => runs.reduce((sum, run) => sum + run[part][q], 0));
  return { numerators: total("numerators"), denominators: total("denominators") };
}

/** The ratio of sums, 0 where the denominators sum to 0. */
function rateOf({ numerators, denominators }: QuestionSums): number {
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const denominator = sum(denominators);
  return denominator === 0 ? 0 : sum(numerators) / denominator;
}
