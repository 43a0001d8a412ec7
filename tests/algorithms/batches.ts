/**
 * Batches for tests, from numbers by trajectory.
 *
 * @module
 */

import type { Batch } from "../../src/trajectory/batch.ts";

/** Numbers by trajectory (rows of any length). */
export interface BatchRows {
  readonly sampledLogprobs: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
  readonly advantages: readonly (readonly number[])[];
  /** All tokens are of step 0 if not given. */
  readonly stepOf?: readonly (readonly number[])[];
  readonly referenceLogprobs?: readonly (readonly number[])[];
}

/** Rows laid end to end. */
export function flat(rows: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(rows.flat());
}

/** A batch of rows; token ids do not matter to a loss and are 0. */
export function batchOf(rows: BatchRows): Batch {
  const offsets = Int32Array.of(0, ...rows.mask.map(({ length }) => length));
  for (let n = 1; n < offsets.length; n++) offsets[n] += offsets[n - 1];
  const mask = rows.mask.flat();
  return {
    offsets,
    ids: new Int32Array(mask.length),
    actionMask: Uint8Array.from(mask),
    stepOf: Int16Array.from(rows.stepOf?.flat() ?? mask.map((chosen) => chosen - 1)),
    sampledLogprobs: flat(rows.sampledLogprobs),
    advantages: flat(rows.advantages),
    ...(rows.referenceLogprobs && { referenceLogprobs: flat(rows.referenceLogprobs) }),
  };
}

/** The trajectories from `start` to `end` of a batch, as a micro-batch. */
export function microBatch(batch: Batch, start: number, end: number): Batch {
  const [from, to] = [batch.offsets[start], batch.offsets[end]];
  return {
    offsets: batch.offsets.slice(start, end + 1).map((offset) => offset - from),
    ids: batch.ids.slice(from, to),
    actionMask: batch.actionMask.slice(from, to),
    stepOf: batch.stepOf.slice(from, to),
    sampledLogprobs: batch.sampledLogprobs.slice(from, to),
    advantages: batch.advantages.slice(from, to),
    referenceLogprobs: batch.referenceLogprobs?.slice(from, to),
  };
}
