/**
 * Log probability ratios between the policy now and the policy that sampled, by token, step or
 * sequence.
 *
 * Shapes: T tokens of all trajectories together.
 *
 * @module
 */

import type { Batch } from "../trajectory/batch.ts";
import type { SurrogateOptions } from "./options.ts";

/**
 * Log ratio of the unit that each chosen token belongs to; 0 on other tokens.
 *
 * - `token`: `d[t] = logprobs[t] - sampledLogprobs[t]`
 * - `step`: mean of `d` over the chosen tokens of the step
 * - `sequence`: mean of `d` over the chosen tokens of the trajectory (GSPO, Eq. 7)
 *
 * @example A sequence has the mean of its chosen tokens; the second token was given
 * ```ts
 * import assert from "node:assert/strict";
 * import { logRatios } from "./ratio.ts";
 *
 * const batch = {
 *   offsets: Int32Array.of(0, 3),
 *   ids: new Int32Array(3),
 *   actionMask: Uint8Array.of(1, 0, 1),
 *   stepOf: Int16Array.of(0, -1, 1),
 *   sampledLogprobs: Float64Array.of(-1, 0, -1),
 *   advantages: new Float64Array(3),
 * };
 * const logprobs = Float64Array.of(-0.5, 0, -1);
 * assert.deepEqual(logRatios(logprobs, batch, "token"), Float64Array.of(0.5, 0, 0));
 * assert.deepEqual(logRatios(logprobs, batch, "sequence"), Float64Array.of(0.25, 0, 0.25));
 * ```
 *
 * @param logprobs Shape (T,); read only where `actionMask` is 1.
 * @returns Shape (T,).
 */
export function logRatios(
  logprobs: Float64Array,
  batch: Batch,
  unit: SurrogateOptions["ratio"],
): Float64Array {
  const ratios = tokenLogRatios(logprobs, batch);
  if (unit === "token") return ratios;
  for (let n = 0; n + 1 < batch.offsets.length; n++) {
    const end = batch.offsets[n + 1];
    for (let start = batch.offsets[n]; start < end;) {
      const unitEnd = unit === "sequence" ? end : endOfStep(batch.stepOf, start, end);
      replaceByMean(ratios, batch.actionMask, start, unitEnd);
      start = unitEnd;
    }
  }
  return ratios;
}

function tokenLogRatios(logprobs: Float64Array, batch: Batch): Float64Array {
  const ratios = new Float64Array(batch.actionMask.length);
  for (let t = 0; t < ratios.length; t++) {
    if (batch.actionMask[t] === 1) ratios[t] = logprobs[t] - batch.sampledLogprobs[t];
  }
  return ratios;
}

/** The tokens of a step lie side by side; template tokens between steps have `stepOf` -1. */
function endOfStep(stepOf: Int16Array, start: number, end: number): number {
  let t = start + 1;
  while (t < end && stepOf[t] === stepOf[start]) t++;
  return t;
}

function replaceByMean(
  values: Float64Array,
  mask: Uint8Array,
  start: number,
  end: number,
): void {
  let sum = 0;
  let count = 0;
  for (let t = start; t < end; t++) {
    sum += values[t];
    count += mask[t];
  }
  for (let t = start; t < end; t++) if (mask[t] === 1) values[t] = sum / count;
}
