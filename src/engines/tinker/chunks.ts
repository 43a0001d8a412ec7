/**
 * Sequences in as few requests as a server takes.
 *
 * @module
 */

/** The most in one request; a sequence that is larger has a request of its own. */
export interface ChunkLimits {
  readonly sequences: number;
  readonly bytes: number;
}

/** What the tinker SDK sends at most in one request. */
export const CHUNK_LIMITS: ChunkLimits = { sequences: 1024, bytes: 5_000_000 };

/** Of a token as a message: the token, the one that follows, its logprob and its advantage. */
const BYTES_PER_TOKEN = 4 + 8 + 4 + 4;

/**
 * Cuts sequences into chunks, in their order.
 *
 * @example Two of three sequences of two tokens fit
 * ```ts
 * import assert from "node:assert/strict";
 * import { chunked } from "./chunks.ts";
 *
 * const sequence = { ids: Int32Array.of(1, 2) };
 * const chunks = chunked([sequence, sequence, sequence], { sequences: 1024, bytes: 100 });
 * assert.deepEqual(chunks.map(({ length }) => length), [2, 1]);
 * ```
 */
export function chunked<T extends { readonly ids: Int32Array }>(
  sequences: readonly T[],
  limits: ChunkLimits = CHUNK_LIMITS,
): T[][] {
  const chunks: T[][] = [];
  let bytes = Infinity;
  for (const sequence of sequences) {
    const size = BYTES_PER_TOKEN * sequence.ids.length;
    if (bytes + size > limits.bytes || chunks.at(-1)!.length === limits.sequences) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(sequence);
    bytes += size;
  }
  return chunks;
}
