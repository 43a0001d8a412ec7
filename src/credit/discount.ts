/**
 * Discounting: what comes later counts less for a step the further away it is.
 *
 * Shapes: S steps of a trajectory.
 *
 * @module
 */

/**
 * The outcome as each step sees it: `outcome * gamma^(S - 1 - s)` (form "split").
 *
 * An early step of a long trajectory gets less than the same step of a short one.
 *
 * @example Three steps before a right answer
 * ```ts
 * import assert from "node:assert/strict";
 * import { discountedOutcome } from "./discount.ts";
 *
 * assert.deepEqual(discountedOutcome(1, 3, 0.5), Float64Array.of(0.25, 0.5, 1));
 * ```
 *
 * @param gamma Discount per step, in [0, 1].
 * @returns Shape (S,).
 * @throws {RangeError} If `gamma` is outside [0, 1].
 */
export function discountedOutcome(outcome: number, stepCount: number, gamma: number): Float64Array {
  checkGamma(gamma);
  return Float64Array.from({ length: stepCount }, (_, s) => outcome * gamma ** (stepCount - 1 - s));
}

/**
 * Discounts step rewards backward, so that a step earns part of what follows
 * it: `returns[s] = rewards[s] + gamma * returns[s + 1]` (form "rtg").
 *
 * @example A final reward reaches the first of three steps twice discounted
 * ```ts
 * import assert from "node:assert/strict";
 * import { discountedReturns } from "./discount.ts";
 *
 * const returns = discountedReturns(Float64Array.of(0, 0, 1), 0.5);
 * assert.deepEqual(returns, Float64Array.of(0.25, 0.5, 1));
 * ```
 *
 * @param rewards Step rewards, shape (S,). The input is left as it was.
 * @param gamma Discount per step, in [0, 1].
 * @returns Step returns, shape (S,).
 * @throws {RangeError} If `gamma` is outside [0, 1].
 */
export function discountedReturns(rewards: Float64Array, gamma: number): Float64Array {
  checkGamma(gamma);
  const returns = rewards.slice();
  for (let s = returns.length - 2; s >= 0; s--) returns[s] += gamma * returns[s + 1];
  return returns;
}

function checkGamma(gamma: number): void {
  if (gamma >= 0 && gamma <= 1) return;
  throw new RangeError(
    `Cannot discount rewards as "gamma" must be in [0, 1]: current value is ${gamma}`,
  );
}
