/**
 * Normalization: a value becomes an advantage when it is compared with others of its group.
 *
 * Shapes: G trajectories of a group, S steps of a trajectory.
 *
 * @module
 */

import type { StepAdvantages } from "../trajectory/group.ts";
import type { CreditOptions } from "./options.ts";

/** Added to a standard deviation, as in verl, so that equal values give 0 and not 0/0. */
const STD_EPSILON = 1e-6;

/** How values are compared. */
export type Comparison = Pick<CreditOptions, "baseline" | "normStd" | "singleton">;

/**
 * Values compared with each other: `(values[i] - mean) / (std + 1e-6)`, std with n - 1 (GRPO).
 *
 * Without `normStd` the difference is not divided (Dr.GRPO). With `leaveOneOut` it is
 * `values[i]` minus the mean of the others, not divided (RLOO).
 *
 * @example One right answer of two
 * ```ts
 * import assert from "node:assert/strict";
 * import { compared } from "./normalize.ts";
 *
 * const how = { baseline: "mean", normStd: false, singleton: "zero" } as const;
 * assert.deepEqual(compared(Float64Array.of(1, 0), how), Float64Array.of(0.5, -0.5));
 * ```
 *
 * @param values Any number of values; one alone gives 0, or with `singleton: "raw"` itself.
 * @returns Advantages, one for each value.
 */
export function compared(values: Float64Array, how: Comparison): Float64Array {
  const count = values.length;
  if (count < 2) return aloneCompared(values, how);
  const mean = sum(values) / count;
  const differences = values.map((value) => value - mean);
  if (how.baseline === "leaveOneOut") return differences.map((d) => d * count / (count - 1));
  if (!how.normStd) return differences;
  const std = Math.sqrt(sum(differences.map((d) => d * d)) / (count - 1));
  return differences.map((d) => d / (std + STD_EPSILON));
}

function aloneCompared(values: Float64Array, how: Comparison): Float64Array {
  if (how.singleton === "zero") return new Float64Array(values.length);
  const isDivided = how.normStd && how.baseline === "mean";
  // verl takes mean 0 and std 1 for a group of one.
  return isDivided ? values.map((value) => value / (1 + STD_EPSILON)) : values.slice();
}

/**
 * Step values compared with those of the same key, over all trajectories of a group.
 *
 * The key decides what is fair to compare: one key for all (`pooled`), the step's index
 * (`step_index`), the state before the step (`anchor`).
 *
 * @example Steps of the same index, in trajectories of two steps and one
 * ```ts
 * import assert from "node:assert/strict";
 * import { comparedByKey } from "./normalize.ts";
 *
 * const values = [Float64Array.of(1, 5), Float64Array.of(0)];
 * const how = { baseline: "mean", normStd: false, singleton: "zero" } as const;
 * assert.deepEqual(comparedByKey(values, (_, s) => s, how), [
 *   Float64Array.of(0.5, 0),
 *   Float64Array.of(-0.5),
 * ]);
 * ```
 *
 * @param values Step values of each trajectory, G arrays of shape (S,).
 * @param keyOf Key of step `s` of trajectory `g`.
 * @returns Step advantages, G arrays of shape (S,).
 */
export function comparedByKey(
  values: readonly Float64Array[],
  keyOf: (g: number, s: number) => string | number,
  how: Comparison,
): StepAdvantages {
  const advantages = values.map((steps) => new Float64Array(steps.length));
  for (const places of placesByKey(values, keyOf).values()) {
    const together = compared(Float64Array.from(places, ([g, s]) => values[g][s]), how);
    places.forEach(([g, s], i) => advantages[g][s] = together[i]);
  }
  return advantages;
}

type Place = readonly [g: number, s: number];

function placesByKey(
  values: readonly Float64Array[],
  keyOf: (g: number, s: number) => string | number,
): Map<string | number, Place[]> {
  const places = values.flatMap((steps, g) => Array.from(steps, (_, s): Place => [g, s]));
  return Map.groupBy(places, ([g, s]) => keyOf(g, s));
}

/**
 * Trajectories' values compared with each other, each given to all steps of its trajectory
 * (GRPO's outcome supervision).
 *
 * @param values One value for each trajectory, shape (G,).
 * @param stepCounts Steps of each trajectory, shape (G,).
 * @returns Step advantages, G arrays of shape (S,).
 */
export function comparedByTrajectory(
  values: Float64Array,
  stepCounts: readonly number[],
  how: Comparison,
): StepAdvantages {
  const advantages = compared(values, how);
  return stepCounts.map((stepCount, g) => new Float64Array(stepCount).fill(advantages[g]));
}

/**
 * The weighted sum of a trajectory's and its steps' advantages:
 * `trajectoryWeight * A_trajectory + stepWeight * A_step` (GiGPO: 1 and 1; MatchTIR: both 1/2).
 */
export function twoLevel(
  trajectoryLevel: StepAdvantages,
  stepLevel: StepAdvantages,
  weights: Pick<CreditOptions, "trajectoryWeight" | "stepWeight">,
): StepAdvantages {
  return stepLevel.map((steps, g) =>
    steps.map((advantage, s) =>
      weights.trajectoryWeight * trajectoryLevel[g][s] + weights.stepWeight * advantage
    )
  );
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
