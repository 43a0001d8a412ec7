/**
 * BIRD's execution accuracy (EX): whether two results hold the same set of rows.
 *
 * @module
 */

import type { SqlRow, SqlValue } from "./result_set.ts";

/**
 * Whether two results are equal as sets of rows, as BIRD's `set(predicted) == set(gold)` on Python
 * tuples (mini_dev `evaluation_ex.py`): the order of rows, duplicates and column names do not count;
 * the order of columns does. Cells are equal as in Python: `1 == 1.0`, `'1' != 1`, NULL equals NULL,
 * text never equals a blob, and integers are compared with reals exactly.
 *
 * @example Order and duplicates do not count, text is not a number
 * ```ts
 * import assert from "node:assert/strict";
 * import { sameRows } from "./same_rows.ts";
 *
 * assert.equal(sameRows([[1n], [2n], [2n]], [[2.0], [1.0]]), true);
 * assert.equal(sameRows([["1"]], [[1n]]), false);
 * ```
 */
export function sameRows(a: readonly SqlRow[], b: readonly SqlRow[]): boolean {
  const keysOfA = new Set(a.map(rowKey));
  const keysOfB = new Set<string>();
  for (const row of b) {
    const key = rowKey(row);
    if (!keysOfA.has(key)) return false;
    keysOfB.add(key);
  }
  return keysOfA.size === keysOfB.size;
}

/** A string that two rows share exactly when {@linkcode sameRows} calls them equal. */
export function rowKey(row: SqlRow): string {
  let key = "";
  for (const cell of row) key += cellKey(cell);
  return key;
}

/** A string that two cells share exactly when Python calls them equal. */
export function cellKey(cell: SqlValue): string {
  // Each key ends by itself (a comma, or a length in front), so that keys joined to a row stay apart.
  if (cell === null) return "n,";
  if (typeof cell === "string") return `s${cell.length}:${cell}`;
  if (typeof cell === "bigint") return `${cell},`;
  if (typeof cell === "number") return `${numberKey(cell)},`;
  return `b${cell.toHex()},`;
}

function numberKey(real: number): string {
  // An integral REAL takes the key of the INTEGER that it equals; above 2^53 only BigInt prints it exactly.
  return Number.isInteger(real) && !Number.isSafeInteger(real) ? `${BigInt(real)}` : `${real}`;
}
