/**
 * Spreading: every token that the policy chose in a step gets the step's advantage.
 *
 * @module
 */

import type { Tokens } from "../trajectory/episode.ts";

/**
 * Token advantages of one trajectory; 0 on prompt, template and observation tokens.
 *
 * @example An observation token between two steps
 * ```ts
 * import assert from "node:assert/strict";
 * import { tokenAdvantages } from "./spread.ts";
 *
 * const tokens = { stepOf: Int16Array.of(0, -1, 1), actionMask: Uint8Array.of(1, 0, 1) };
 * assert.deepEqual(tokenAdvantages(Float64Array.of(2, -1), tokens), Float64Array.of(2, 0, -1));
 * ```
 *
 * @param advantages Step advantages, shape (S,).
 * @returns Shape (T,).
 * @throws {RangeError} If a chosen token belongs to no step that has an advantage.
 */
export function tokenAdvantages(
  advantages: Float64Array,
  tokens: Pick<Tokens, "stepOf" | "actionMask">,
): Float64Array {
  const { stepOf, actionMask } = tokens;
  const spread = new Float64Array(stepOf.length);
  for (let t = 0; t < spread.length; t++) {
    if (actionMask[t] === 0) continue;
    if (!(stepOf[t] >= 0 && stepOf[t] < advantages.length)) {
      throw new RangeError(
        `Cannot spread advantages as each chosen token must be in one of ${advantages.length} steps: ` +
          `token ${t} is of step ${stepOf[t]}`,
      );
    }
    spread[t] = advantages[stepOf[t]];
  }
  return spread;
}
