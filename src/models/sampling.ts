/**
 * Chooses a token from a row of logits.
 *
 * @module
 */

/** A chosen token. */
export interface SampledToken {
  readonly token: number;
  /**
   * Logprob under the distribution that the token was drawn from: that of the softmax of
   * `logits / temperature`. A greedy choice is drawn from no distribution; its logprob is that at
   * temperature 1, which is what the engine computes again.
   */
  readonly logprob: number;
}

/**
 * Draws a token by inverting the cumulative distribution.
 *
 * @example Greedy, and drawn from two tokens of equal chance
 * ```ts
 * import assert from "node:assert/strict";
 * import { sampled } from "./sampling.ts";
 *
 * assert.equal(sampled(Float32Array.of(0, 2, 1), { temperature: 0, uniform: 0.9 }).token, 1);
 * const { token, logprob } = sampled(Float32Array.of(1, 1), { temperature: 1, uniform: 0.7 });
 * assert.equal(token, 1);
 * assert.ok(Math.abs(logprob - Math.log(0.5)) < 1e-12);
 * ```
 *
 * @param logits Shape (V,).
 * @param choice `temperature` 0 takes the most likely token; `uniform` is a random number in [0, 1).
 * @throws {RangeError} If `temperature` is negative, or a logit makes the chances not finite.
 */
export function sampled(
  logits: Float32Array,
  { temperature, uniform }: { readonly temperature: number; readonly uniform: number },
): SampledToken {
  if (!(temperature >= 0)) {
    throw new RangeError(
      `Cannot sample as 'temperature' must be 0 or more: current value is ${temperature}`,
    );
  }
  const best = mostLikely(logits);
  const sharpness = temperature === 0 ? 1 : 1 / temperature;
  const total = totalChance(logits, { highest: logits[best], sharpness });
  if (!Number.isFinite(total)) {
    throw new RangeError(`Cannot sample as all logits must be finite: their total is ${total}`);
  }
  const token = temperature === 0
    ? best
    : tokenAt(logits, { highest: logits[best], sharpness, threshold: uniform * total });
  return { token, logprob: (logits[token] - logits[best]) * sharpness - Math.log(total) };
}

function mostLikely(logits: Float32Array): number {
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  return best;
}

/** How logits become chances: `exp((logit - highest) * sharpness)`. */
interface Scale {
  readonly highest: number;
  readonly sharpness: number;
}

function totalChance(logits: Float32Array, { highest, sharpness }: Scale): number {
  let total = 0;
  for (let v = 0; v < logits.length; v++) total += Math.exp((logits[v] - highest) * sharpness);
  return total;
}

function tokenAt(
  logits: Float32Array,
  { highest, sharpness, threshold }: Scale & { readonly threshold: number },
): number {
  let total = 0;
  let last = 0;
  for (let v = 0; v < logits.length; v++) {
    const chance = Math.exp((logits[v] - highest) * sharpness);
    if (chance > 0) last = v;
    total += chance;
    if (total > threshold) return v;
  }
  return last;
}
