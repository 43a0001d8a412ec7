/**
 * Smoothing: a step's process reward is drawn towards those of other steps of its trajectory.
 *
 * The paper says that process rewards are smoothed between steps, not how; these are the candidates.
 * All of them keep rewards within the range they had.
 *
 * @module
 */

import type { CreditOptions } from "./options.ts";

const SMOOTHERS: Record<
  CreditOptions["smoothing"],
  (rewards: Float64Array, strength: number) => Float64Array
> = {
  neighbor: neighborSmoothed,
  ema_bwd: (rewards, strength) => emaSmoothed(rewards.toReversed(), strength).reverse(),
  ema_fwd: emaSmoothed,
  trajMean: meanSmoothed,
  none: (rewards) => rewards.slice(),
};

/**
 * Process rewards after smoothing with strength `a`:
 *
 * - `neighbor`: `(1 - a) r[s] + a mean(r[s - 1], r[s + 1])`, of those that exist
 * - `ema_bwd`: `(1 - a) r[s] + a smoothed[s + 1]`, credit to earlier steps
 * - `ema_fwd`: `(1 - a) r[s] + a smoothed[s - 1]`, inertia
 * - `trajMean`: `(1 - a) r[s] + a mean(r)`
 * - `none`: `r[s]`
 *
 * @example A bad step between two good ones is half forgiven
 * ```ts
 * import assert from "node:assert/strict";
 * import { smoothed } from "./smooth.ts";
 *
 * const rewards = smoothed(Float64Array.of(1, 0, 1), "neighbor", 0.5);
 * assert.deepEqual(rewards, Float64Array.of(0.5, 0.5, 0.5));
 * ```
 *
 * @param rewards Shape (S,). The input is left as it was.
 * @returns Shape (S,).
 * @throws {RangeError} If `strength` is outside [0, 1].
 */
export function smoothed(
  rewards: Float64Array,
  smoothing: CreditOptions["smoothing"],
  strength: number,
): Float64Array {
  if (!(strength >= 0 && strength <= 1)) {
    throw new RangeError(
      `Cannot smooth rewards as "smoothingStrength" must be in [0, 1]: current value is ${strength}`,
    );
  }
  return SMOOTHERS[smoothing](rewards, strength);
}

function neighborSmoothed(rewards: Float64Array, strength: number): Float64Array {
  if (rewards.length < 2) return rewards.slice();
  const last = rewards.length - 1;
  return rewards.map((reward, s) => {
    const before = rewards[s === 0 ? 1 : s - 1];
    const after = rewards[s === last ? last - 1 : s + 1];
    return (1 - strength) * reward + strength * (before + after) / 2;
  });
}

function emaSmoothed(rewards: Float64Array, strength: number): Float64Array {
  const result = rewards.slice();
  for (let s = 1; s < result.length; s++) {
    result[s] = (1 - strength) * rewards[s] + strength * result[s - 1];
  }
  return result;
}

function meanSmoothed(rewards: Float64Array, strength: number): Float64Array {
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  return rewards.map((reward) => (1 - strength) * reward + strength * mean);
}
