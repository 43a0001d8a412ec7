/**
 * FineStep's credit assignment, as reconstructed: discount, smooth, mix, normalize.
 *
 * Shapes: G trajectories of a group, S steps of a trajectory.
 *
 * @module
 */

import type { Rewards, ScoredGroup, StepAdvantages } from "../trajectory/group.ts";
import { discountedOutcome, discountedReturns } from "./discount.ts";
import { comparedByKey, comparedByTrajectory, twoLevel } from "./normalize.ts";
import type { CreditOptions } from "./options.ts";
import { smoothed } from "./smooth.ts";

/**
 * The value of each step before it is compared, from the outcome `O` and the smoothed process
 * rewards `r`:
 *
 * - `split`: `lambda * gamma^(S - 1 - s) * O + (1 - lambda) * r[s]`
 * - `rtg`: `x[s] + gamma * value[s + 1]` with `x = (1 - lambda) * r`, plus `lambda * O` at the last step
 *
 * Under `rtg` a longer trajectory collects more process rewards, which pays for redundant calls.
 *
 * @returns Shape (S,).
 * @throws {RangeError} If `gamma` or `smoothingStrength` is outside [0, 1].
 */
export function stepValues(rewards: Rewards, options: CreditOptions): Float64Array {
  const { lambda, gamma } = options;
  const process = smoothed(rewards.process, options.smoothing, options.smoothingStrength);
  const mixed = process.map((reward) => (1 - lambda) * reward);
  const last = mixed.length - 1;
  if (options.creditForm === "rtg") {
    if (last >= 0) mixed[last] += lambda * rewards.outcome;
    return discountedReturns(mixed, gamma);
  }
  const outcome = discountedOutcome(rewards.outcome, mixed.length, gamma);
  return mixed.map((reward, s) => lambda * outcome[s] + reward);
}

/**
 * Step advantages of a group: the step values compared within `normGroup`, joined with the
 * outcome's own advantage where `trajectoryWeight` is above 0.
 *
 * @example With lambda 1 and trajectories compared this is GRPO
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaults } from "../config/option.ts";
 * import { stepAdvantages } from "./assign.ts";
 * import { CREDIT_OPTIONS, type CreditOptions } from "./options.ts";
 *
 * const trajectory = (outcome: number) => {
 *   const steps = Float64Array.of(1, 1);
 *   const rewards = { outcome, process: steps, hard: steps, recall: steps, isCorrect: outcome === 1 };
 *   return { rewards, stateKeys: ["", ""] };
 * };
 * const options: CreditOptions = {
 *   ...defaults(CREDIT_OPTIONS),
 *   lambda: 1,
 *   normGroup: "trajectory",
 *   normStd: false,
 * };
 * const advantages = stepAdvantages([trajectory(1), trajectory(0)], options);
 * assert.deepEqual(advantages, [Float64Array.of(0.5, 0.5), Float64Array.of(-0.5, -0.5)]);
 * ```
 *
 * @returns G arrays of shape (S,).
 * @throws {RangeError} If `gamma` or `smoothingStrength` is outside [0, 1].
 */
export function stepAdvantages(group: ScoredGroup, options: CreditOptions): StepAdvantages {
  const stepLevel = withinNormGroup(group, options);
  if (options.trajectoryWeight === 0 && options.stepWeight === 1) return stepLevel;
  const outcomes = Float64Array.from(group, ({ rewards }) => rewards.outcome);
  const trajectoryLevel = comparedByTrajectory(outcomes, stepCounts(group), options);
  return twoLevel(trajectoryLevel, stepLevel, options);
}

function withinNormGroup(group: ScoredGroup, options: CreditOptions): StepAdvantages {
  if (options.normGroup === "trajectory") {
    const values = Float64Array.from(group, ({ rewards }) => trajectoryValue(rewards, options));
    return comparedByTrajectory(values, stepCounts(group), options);
  }
  const values = group.map(({ rewards }) => stepValues(rewards, options));
  return comparedByKey(values, stepKey(group, options.normGroup), options);
}

/** `lambda * O + (1 - lambda) * mean(r)`: the same mixture with nothing said of single steps. */
function trajectoryValue(rewards: Rewards, options: CreditOptions): number {
  const process = smoothed(rewards.process, options.smoothing, options.smoothingStrength);
  const mean = process.reduce((sum, reward) => sum + reward, 0) / Math.max(1, process.length);
  return options.lambda * rewards.outcome + (1 - options.lambda) * mean;
}

function stepKey(
  group: ScoredGroup,
  normGroup: "pooled" | "step_index" | "anchor",
): (g: number, s: number) => string | number {
  switch (normGroup) {
    case "pooled":
      return () => 0;
    case "step_index":
      return (_, s) => s;
    case "anchor":
      return (g, s) => group[g].stateKeys[s];
  }
}

function stepCounts(group: ScoredGroup): number[] {
  return group.map(({ rewards }) => rewards.process.length);
}
