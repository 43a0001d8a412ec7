/**
 * Cuts a batch of trajectories into padded pieces that fit in memory, with as little padding and as
 * few scored positions as can be.
 *
 * @module
 */

import type { Batch } from "../trajectory/batch.ts";

/** Trajectories padded to one length, and the tokens of them that are scored. */
export interface MicroBatch {
  readonly batch: number;
  readonly length: number;
  /** Token ids, padded with 0 at the right, shape (batch * length,). */
  readonly ids: Int32Array;
  /** Where in `ids` the token before each scored one stands, shape (rows,). */
  readonly positions: Int32Array;
  /** The scored tokens, shape (rows,). */
  readonly targets: Int32Array;
  /** Where in the whole batch each scored token stands, shape (rows,). */
  readonly tokens: Int32Array;
}

/** What micro-batches must keep to. */
export interface Limits {
  /** Largest padded size of a micro-batch; a single longer trajectory is taken alone. */
  readonly maxTokens: number;
  /** Length up to which padding may go. */
  readonly maxLength: number;
}

/** Lengths are rounded up to this, so that few different sizes of memory are asked for. */
const LENGTH_MULTIPLE = 32;

interface Piece {
  readonly start: number;
  /** Tokens that matter: those before the last scored one. */
  readonly length: number;
  readonly scored: readonly number[];
}

/**
 * Micro-batches that together score each token for which `isScored` holds.
 *
 * A trajectory's first token has nothing before it and is never scored. What comes after the last
 * scored token is left out, as causal attention never looks there.
 */
export function microBatches(
  batch: Pick<Batch, "ids" | "offsets">,
  isScored: (token: number) => boolean,
  limits: Limits,
): MicroBatch[] {
  const pieces = scoredPieces(batch.offsets, isScored, limits.maxLength)
    .sort((a, b) => b.length - a.length);
  const result: MicroBatch[] = [];
  for (let start = 0; start < pieces.length;) {
    const length = pieces[start].length;
    const count = Math.max(1, Math.floor(limits.maxTokens / length));
    result.push(padded(batch.ids, pieces.slice(start, start + count), length));
    start += count;
  }
  return result;
}

function scoredPieces(
  offsets: Int32Array,
  isScored: (token: number) => boolean,
  maxLength: number,
): Piece[] {
  const pieces: Piece[] = [];
  for (let n = 0; n + 1 < offsets.length; n++) {
    const start = offsets[n];
    const scored: number[] = [];
    for (let token = start + 1; token < offsets[n + 1]; token++) {
      if (isScored(token)) scored.push(token);
    }
    const needed = (scored.at(-1) ?? start) - start;
    const rounded = Math.ceil(needed / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;
    const length = Math.max(needed, Math.min(rounded, maxLength));
    if (scored.length > 0) pieces.push({ start, length, scored });
  }
  return pieces;
}

function padded(ids: Int32Array, pieces: readonly Piece[], length: number): MicroBatch {
  const tokens = Int32Array.from(pieces.flatMap((piece) => piece.scored));
  const positions = pieces.flatMap(({ start, scored }, row) =>
    scored.map((token) => row * length + token - 1 - start)
  );
  const paddedIds = new Int32Array(pieces.length * length);
  pieces.forEach(({ start, scored }, row) =>
    paddedIds.set(ids.subarray(start, scored.at(-1)!), row * length)
  );
  return {
    batch: pieces.length,
    length,
    ids: paddedIds,
    positions: Int32Array.from(positions),
    targets: tokens.map((token) => ids[token]),
    tokens,
  };
}
