/**
 * Telling text that is not UTF-8 from text that holds a U+FFFD: Deno shows both alike, Python's sqlite3
 * refuses the first.
 *
 * @module
 */

import type { SqlRow } from "./result_set.ts";
import { normalizedSql } from "./sql_text.ts";

const REPLACEMENT = "\uFFFD";

/** Unlikely as a name in the statement, where it would shadow a table. */
const RESULT = "finestep_result";

/** Positions of the columns in which some text may have been replaced. */
export function suspectColumns(rows: readonly SqlRow[]): readonly number[] {
  const found = new Set<number>();
  for (const row of rows) {
    row.forEach((cell, i) => {
      if (typeof cell === "string" && cell.includes(REPLACEMENT)) found.add(i);
    });
  }
  return [...found];
}

/**
 * A query for the bytes of all text in some columns of another query's result.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { textBytesSql } from "./invalid_text.ts";
 *
 * assert.equal(
 *   textBytesSql("SELECT id, name FROM singer; -- all", 2, [1]),
 *   "WITH finestep_result(c0,c1) AS (select id , name from singer) " +
 *     "SELECT CASE typeof(c1) WHEN 'text' THEN CAST(c1 AS BLOB) END FROM finestep_result",
 * );
 * ```
 *
 * @param columnCount Columns of the result.
 * @param columns Positions of the columns to read.
 */
export function textBytesSql(
  sql: string,
  columnCount: number,
  columns: readonly number[],
): string {
  const names = Array.from({ length: columnCount }, (_, i) => `c${i}`);
  const bytes = columns.map((i) => `CASE typeof(c${i}) WHEN 'text' THEN CAST(c${i} AS BLOB) END`);
  return `WITH ${RESULT}(${names}) AS (${normalizedSql(sql)}) SELECT ${bytes} FROM ${RESULT}`;
}

/** Whether bytes are UTF-8 as Python's strict decoder has it. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
