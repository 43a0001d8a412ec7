/**
 * Whether two runs that sampled apart earn alike: the difference of what they earned, beside what
 * chance makes of it.
 *
 * @module
 */

import { normalQuantile } from "../../src/evaluation/statistics/quantiles.ts";
import { meanAndSd } from "../../src/evaluation/statistics/seeds.ts";
import type { TrialStep } from "./trial.ts";

/** Two runs on the same questions, step by step. */
export interface CurveComparison {
  /** Mean outcome of each step. */
  readonly curves: { readonly server: readonly number[]; readonly embedded: readonly number[] };
  /** Largest difference at a step, and the largest that chance explains at all steps together. */
  readonly step: { readonly largest: number; readonly byChance: number };
  /** Mean difference, `server - embedded`, and the largest that chance explains. */
  readonly mean: { readonly difference: number; readonly byChance: number };
}

/**
 * Compares the curves of two runs that have sampled the same questions.
 *
 * Were the policies alike at each step, the difference of the means of n trajectories each, of the same
 * questions, would have the variance `2 v / n`, with v the variance of an outcome among trajectories
 * of one question, here the mean of both runs' estimates. What chance explains is the normal quantile
 * at 0.975 of that, and at `1 - 0.025 / S` for the largest of S steps (Bonferroni). Runs that learn from
 * what they sampled drift apart by chance as well, which comes on top and is not counted.
 *
 * @example Two steps of one question
 * ```ts
 * import assert from "node:assert/strict";
 * import { compareCurves } from "./curves.ts";
 *
 * const run = [[[0, 1]], [[1, 1]]].map((outcomes) => ({ loss: 0, outcomes }));
 * const { curves, mean, step } = compareCurves(run, run);
 * assert.deepEqual(curves.server, [0.5, 1]);
 * // v = (0.5 + 0) / 2: 2 v / n is 0.25 for the 2 trajectories of a step, 0.125 for all 4.
 * assert.equal(step.byChance.toFixed(3), (2.2414 * Math.sqrt(0.25)).toFixed(3));
 * assert.equal(mean.byChance.toFixed(3), (1.96 * Math.sqrt(0.125)).toFixed(3));
 * ```
 */
export function compareCurves(
  server: readonly TrialStep[],
  embedded: readonly TrialStep[],
): CurveComparison {
  const curves = { server: server.map(meanOutcome), embedded: embedded.map(meanOutcome) };
  const differences = curves.server.map((value, step) => value - curves.embedded[step]);
  const groups = [...server, ...embedded].flatMap(({ outcomes }) => outcomes);
  const variance = mean(groups.map((group) => meanAndSd(group).sd! ** 2));
  const trajectories = server.flatMap(({ outcomes }) => outcomes.flat()).length;
  const deviation = Math.sqrt(2 * variance / trajectories);
  const steps = differences.length;
  return {
    curves,
    step: {
      largest: Math.max(...differences.map(Math.abs)),
      byChance: normalQuantile(1 - 0.025 / steps) * deviation * Math.sqrt(steps),
    },
    mean: { difference: mean(differences), byChance: normalQuantile(0.975) * deviation },
  };
}

/** Mean outcome of a step's trajectories. */
export function meanOutcome({ outcomes }: TrialStep): number {
  return mean(outcomes.flat());
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
