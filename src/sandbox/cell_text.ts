/**
 * How a cell is shown to a policy and to people.
 *
 * @module
 */

import type { SqlValue } from "./result_set.ts";

/**
 * A cell as text: NULL as `NULL`, INTEGER in full, REAL always with a point or an exponent, TEXT as it
 * is, BLOB as a SQL literal.
 *
 * @example A REAL does not look like an INTEGER
 * ```ts
 * import assert from "node:assert/strict";
 * import { cellText } from "./cell_text.ts";
 *
 * assert.deepEqual([1n, 1.0, null, Uint8Array.of(0, 255)].map(cellText), ["1", "1.0", "NULL", "x'00ff'"]);
 * ```
 */
export function cellText(cell: SqlValue): string {
  if (cell === null) return "NULL";
  if (typeof cell === "string") return cell;
  if (typeof cell === "bigint") return cell.toString();
  if (typeof cell === "number") return realText(cell);
  return `x'${cell.toHex()}'`;
}

function realText(real: number): string {
  // SQLite's own spelling; NaN does not occur, SQLite stores it as NULL.
  if (!Number.isFinite(real)) return real > 0 ? "Inf" : "-Inf";
  const text = String(real);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
