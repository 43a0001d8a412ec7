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
  // Most right answers give the gold's rows in the gold's order, which needs no keys.
  if (sameSequence(a, b)) return true;
  const [fewer, more] = a.length < b.length ? [a, b] : [b, a];
  const keys = new Set(fewer.map(rowKey));
  const seen = new Set<string>();
  // A wrong answer ends here soon, before its own rows all have keys.
  for (const row of more) {
    const key = rowKey(row);
    if (!keys.has(key)) return false;
    seen.add(key);
  }
  return keys.size === seen.size;
}

/** Whether two results hold the same rows in the same order; cells are equal as in {@linkcode sameRows}. */
export function sameSequence(a: readonly SqlRow[], b: readonly SqlRow[]): boolean {
  return a.length === b.length && a.every((row, index) => sameRow(row, b[index]));
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

function sameRow(a: SqlRow, b: SqlRow): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    // Cells of one type and value, by far the most, need no keys either.
    if (a[i] !== b[i] && (typeof a[i] === "string" || cellKey(a[i]) !== cellKey(b[i]))) {
      return false;
    }
  }
  return true;
}

function numberKey(real: number): string {
  // An integral REAL takes the key of the INTEGER that it equals; above 2^53 only BigInt prints it exactly.
  return Number.isInteger(real) && !Number.isSafeInteger(real) ? `${BigInt(real)}` : `${real}`;
}
