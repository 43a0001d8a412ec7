/**
 * Trajectories laid end to end, as a loss reads them.
 *
 * Shapes: T tokens of all trajectories together, N trajectories.
 *
 * @module
 */

import type { Tokens } from "./episode.ts";

/** The tokens of N trajectories with the advantage of each token. */
export interface Batch {
  /** Start of each trajectory and, last, the total token count, shape (N + 1,). */
  readonly offsets: Int32Array;
  /** Token ids, shape (T,). */
  readonly ids: Int32Array;
  /** 1 where the policy chose the token; the only tokens a loss sees, shape (T,). */
  readonly actionMask: Uint8Array;
  /** Step of each token within its trajectory, -1 outside steps, shape (T,). */
  readonly stepOf: Int16Array;
  /** Logprobs when sampled, shape (T,). */
  readonly sampledLogprobs: Float64Array;
  /** Advantage of each token; ignored where `actionMask` is 0, shape (T,). */
  readonly advantages: Float64Array;
  /** Logprobs of a frozen reference policy, for a KL term, shape (T,). */
  readonly referenceLogprobs?: Float64Array;
}

/** A trajectory with the advantage of each of its tokens. */
export interface TokenTrajectory {
  readonly tokens: Tokens;
  /** Shape (T,). */
  readonly advantages: Float64Array;
}

/**
 * Lays trajectories end to end.
 *
 * @example Two trajectories of two and one tokens
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeBatch } from "./batch.ts";
 *
 * const tokens = (n: number) => ({
 *   ids: new Int32Array(n),
 *   actionMask: new Uint8Array(n).fill(1),
 *   stepOf: new Int16Array(n),
 *   sampledLogprobs: new Float32Array(n),
 * });
 * const batch = makeBatch([
 *   { tokens: tokens(2), advantages: Float64Array.of(1, 1) },
 *   { tokens: tokens(1), advantages: Float64Array.of(-1) },
 * ]);
 * assert.deepEqual([...batch.offsets], [0, 2, 3]);
 * assert.deepEqual([...batch.advantages], [1, 1, -1]);
 * ```
 */
export function makeBatch(trajectories: readonly TokenTrajectory[]): Batch {
  const offsets = new Int32Array(trajectories.length + 1);
  trajectories.forEach(({ tokens }, n) => offsets[n + 1] = offsets[n] + tokens.ids.length);
  const tokenCount = offsets[trajectories.length];
  const batch = {
    offsets,
    ids: new Int32Array(tokenCount),
    actionMask: new Uint8Array(tokenCount),
    stepOf: new Int16Array(tokenCount),
    sampledLogprobs: new Float64Array(tokenCount),
    advantages: new Float64Array(tokenCount),
  };
  trajectories.forEach(({ tokens, advantages }, n) => {
    batch.ids.set(tokens.ids, offsets[n]);
    batch.actionMask.set(tokens.actionMask, offsets[n]);
    batch.stepOf.set(tokens.stepOf, offsets[n]);
    batch.sampledLogprobs.set(tokens.sampledLogprobs, offsets[n]);
    batch.advantages.set(advantages, offsets[n]);
  });
  return batch;
}
