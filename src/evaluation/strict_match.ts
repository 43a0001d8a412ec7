/**
 * Strict execution accuracy: what BIRD's EX lets pass (duplicates, order) and what it fails for
 * rounding alone, judged as a reader of the two tables would.
 *
 * @module
 */

import type { SqlResult, SqlRow, SqlValue } from "../sandbox/result_set.ts";
import { comparableRows } from "../sandbox/same_result.ts";
import { cellKey, sameRows, sameSequence } from "../sandbox/same_rows.ts";
import { ordersRows } from "./sql_features.ts";

/**
 * Relative difference up to which two reals are one value: Python's default in `math.isclose`. Sums in
 * another order differ by far less (a million terms of one sign by 1e-10 at most), and numbers that
 * people tell apart by far more.
 */
export const REAL_TOLERANCE = 1e-9;

/** Why strict EX and BIRD's EX differ on a question; `same` where they agree. */
export const DISAGREEMENTS = ["same", "duplicates", "order", "float_tolerance"] as const;

/** A name in {@linkcode DISAGREEMENTS}. */
export type Disagreement = typeof DISAGREEMENTS[number];

/** A verdict by BIRD's EX and by strict EX. */
export interface StrictMatch {
  readonly isCorrect: boolean;
  readonly isStrictlyCorrect: boolean;
  /**
   * `duplicates`, `order`: right by BIRD's EX, strictly wrong. `float_tolerance`: wrong by BIRD's EX,
   * strictly right.
   */
  readonly disagreement: Disagreement;
}

/**
 * Judges an answer by BIRD's EX and by strict EX. For strict EX the results must hold the same rows as often, and in the same order
 * where the gold SQL has an ORDER BY outside of all parentheses. Cells are equal as by BIRD's EX, but in
 * a column in which either result has a REAL, numbers agree up to {@linkcode REAL_TOLERANCE}.
 *
 * Rows that tie under the gold's ORDER BY must come in the gold's order too: what they were ordered by
 * is often not in the result, so a tie cannot be told from a wrong order.
 *
 * @example A duplicate is wrong, a rounding error is not
 * ```ts
 * import assert from "node:assert/strict";
 * import { strictMatch } from "./strict_match.ts";
 *
 * const column = (...cells: number[]) => ({
 *   kind: "rows", columns: ["a"], rows: cells.map((cell) => [cell]), truncated: false, elapsedMs: 1,
 * } as const);
 * assert.deepEqual(strictMatch(column(1, 1), column(1), "SELECT a FROM t"), {
 *   isCorrect: true,
 *   isStrictlyCorrect: false,
 *   disagreement: "duplicates",
 * });
 * assert.deepEqual(strictMatch(column(74.0775), column(74.07749999999999), "SELECT avg(a) FROM t"), {
 *   isCorrect: false,
 *   isStrictlyCorrect: true,
 *   disagreement: "float_tolerance",
 * });
 * ```
 *
 * @param predicted Result of the predicted SQL; null when there was no answer.
 */
export function strictMatch(
  predicted: SqlResult | null,
  gold: SqlResult,
  goldSql: string,
): StrictMatch {
  const [ofPredicted, ofGold] = [comparableRows(predicted), comparableRows(gold)];
  if (ofPredicted === null || ofGold === null) {
    return { isCorrect: false, isStrictlyCorrect: false, disagreement: "same" };
  }
  const isCorrect = sameRows(ofPredicted, ofGold);
  const difference = differenceOf(ofPredicted, ofGold, goldSql);
  const isStrictlyCorrect = difference === null;
  const disagreement = isCorrect === isStrictlyCorrect ? "same" : difference ?? "float_tolerance";
  return { isCorrect, isStrictlyCorrect, disagreement };
}

/** What strictly tells two lists of rows apart; null where nothing does. */
function differenceOf(
  predicted: readonly SqlRow[],
  gold: readonly SqlRow[],
  goldSql: string,
): "duplicates" | "order" | null {
  if (sameSequence(predicted, gold)) return null;
  if (!haveSameShape(predicted, gold)) return "duplicates";
  const [keysOfPredicted, keysOfGold] = tolerantKeys(predicted, gold);
  if (!sameMultisets(keysOfPredicted, keysOfGold)) return "duplicates";
  const isReordered = keysOfPredicted.some((key, i) => key !== keysOfGold[i]);
  return isReordered && ordersRows(goldSql) ? "order" : null;
}

function haveSameShape(a: readonly SqlRow[], b: readonly SqlRow[]): boolean {
  return a.length === b.length && a[0]?.length === b[0]?.length;
}

/** Strings for the rows of two results of one shape, equal for rows that are equal up to the tolerance. */
function tolerantKeys(a: readonly SqlRow[], b: readonly SqlRow[]): [a: string[], b: string[]] {
  const all = [...a, ...b];
  const columns = Array.from(all[0] ?? [], (_, column) => mergedNumbers(all, column));
  const keyOf = (row: SqlRow) => row.map((cell, c) => cellKey(merged(cell, columns[c]))).join("");
  return [a.map(keyOf), b.map(keyOf)];
}

/**
 * For each number of a column, the smallest number of its cluster; null for a column without a REAL.
 *
 * Closeness is not transitive, so clusters end where the tolerance from their smallest number ends: all
 * numbers of a cluster are close to each other. Of numbers denser than the tolerance, close ones may
 * fall into two clusters and count as different.
 */
function mergedNumbers(rows: readonly SqlRow[], column: number): Map<number, number> | null {
  if (!rows.some((row) => typeof row[column] === "number")) return null;
  const numbers = new Set<number>();
  for (const { [column]: cell } of rows) if (isNumber(cell)) numbers.add(Number(cell));
  let smallest = NaN;
  return new Map(
    [...Float64Array.from(numbers).sort()].map((number) => {
      if (!isClose(number, smallest)) smallest = number;
      return [number, smallest];
    }),
  );
}

function isNumber(cell: SqlValue): cell is bigint | number {
  return typeof cell === "bigint" || typeof cell === "number";
}

/** Whether two different numbers are one up to the tolerance; an infinity is close to nothing. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) < REAL_TOLERANCE * Math.min(Math.abs(a), Math.abs(b));
}

function merged(cell: SqlValue, numbers: Map<number, number> | null): SqlValue {
  return numbers !== null && isNumber(cell) ? numbers.get(Number(cell))! : cell;
}

function sameMultisets(a: readonly string[], b: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const key of a) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const key of b) {
    const count = counts.get(key) ?? 0;
    if (count === 0) return false;
    counts.set(key, count - 1);
  }
  return true; // Both are as long.
}
