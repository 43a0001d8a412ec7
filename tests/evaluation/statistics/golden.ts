/**
 * What scipy, statsmodels and numpy say of small cases (fixtures/golden/statistics/make.py).
 *
 * @module
 */

import assert from "finestep/assert";
import type {
  Difference,
  Estimate,
  Interval,
  PairedCounts,
  QuestionSums,
} from "../../../src/evaluation/statistics.ts";

interface JsonSums {
  readonly numerators: number[];
  readonly denominators: number[];
}

interface Planned {
  readonly alpha: number;
  readonly power: number;
}

interface Cases {
  readonly normal: [p: number, quantile: number][];
  readonly student: { readonly probabilities: number[]; readonly rows: number[][] };
  readonly paired: (PairedCounts & Interval & { readonly pValue: number })[];
  readonly holm: { readonly pValues: number[]; readonly adjusted: number[] }[];
  readonly means: (Interval & { values: number[]; mean: number; sd: number })[];
  readonly meanDifferences: (Interval & { before: number[]; after: number[] })[];
  readonly effects: (Planned & { n: number; discordance: number; effect: number })[];
  readonly seeds: (Planned & { readonly sd: number; readonly seeds: number })[];
  readonly bootstraps: {
    readonly before: JsonSums[];
    readonly after: JsonSums[];
    readonly clusters: string[];
    readonly seed: number;
    readonly resamples: number;
    readonly byQuestion: Difference;
    readonly byCluster: Difference;
    readonly bySeed: Difference;
  }[];
}

export const CASES: Cases = JSON.parse(Deno.readTextFileSync(
  new URL("../../../fixtures/golden/statistics/cases.json", import.meta.url),
));

export function ratios(numerators: readonly number[], denominators: readonly number[]) {
  return {
    numerators: Float64Array.from(numerators),
    denominators: Float64Array.from(denominators),
  } satisfies QuestionSums;
}

export function sumsOf(runs: readonly JsonSums[]): QuestionSums[] {
  return runs.map(({ numerators, denominators }) => ratios(numerators, denominators));
}

export function assertClose(actual: number, expected: number, tolerance = 1e-9): void {
  assert(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

/** Compares all numbers of two estimates. */
export function assertSame<E extends Estimate>(actual: E, expected: E): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const name of Object.keys(expected) as (keyof E)[]) {
    assertClose(Number(actual[name]), Number(expected[name]));
  }
}
