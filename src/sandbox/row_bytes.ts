/**
 * About what rows take in memory, for caps and caches alike.
 *
 * @module
 */

import type { SqlRow } from "./result_set.ts";

/**
 * 8 bytes a cell, and the length of text and blobs (in UTF-16 units and bytes).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rowBytes } from "./row_bytes.ts";
 *
 * assert.equal(rowBytes([null, 1n, "abc", Uint8Array.of(0)]), 36);
 * ```
 */
export function rowBytes(row: SqlRow): number {
  let bytes = 0;
  for (const cell of row) {
    bytes += typeof cell === "string" || cell instanceof Uint8Array ? 8 + cell.length : 8;
  }
  return bytes;
}
