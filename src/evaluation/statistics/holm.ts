/**
 * Several tests at once.
 *
 * @module
 */

/**
 * P-values adjusted for their number by Holm's step-down method: those at most alpha are false
 * discoveries, one or more, with probability alpha at most, however the tests depend on each other
 * (S. Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
 * Statistics 6:65).
 *
 * @example The smallest counts thrice, the next twice, and none falls below one before it
 * ```ts
 * import assert from "node:assert/strict";
 * import { holm } from "./holm.ts";
 *
 * assert.deepEqual(holm([0.5, 0.25, 0.125]), [0.5, 0.5, 0.375]);
 * ```
 *
 * @returns Adjusted p-values in the order given, at most 1.
 * @throws {RangeError} If a p-value is outside [0, 1].
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot adjust p-values as each must be in [0, 1]: one is ${wrong}`,
    );
  }
  const adjusted = new Array<number>(pValues.length);
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a] - pValues[b]);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]));
    adjusted[index] = largest;
  });
  return adjusted;
}
