/**
 * What a tool's reply says of its result: rows where they are given, else its text.
 *
 * @module
 */

import type { SqlResult, SqlValue } from "../sandbox/result_set.ts";
import { NO_ROWS } from "./trace.ts";

/** A cell in JSON: an integer is SQLite's INTEGER, true is 1. */
export type JsonCell = null | boolean | number | string;

/** A tool's reply. */
export interface Reply {
  readonly content: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly JsonCell[])[];
}

/**
 * Texts that are taken for a failure, unless told otherwise: they begin with an error's or exception's
 * name, with up to two words and `error:`, or with `timed out`; brackets and quotes may stand before.
 * A heading of a table (`error | count`) is none.
 */
export const ERROR_PATTERN = String
  .raw`^\W*(?:[a-z\d.]*(?:error|exception)\b(?!\s*\|)|(?:[a-z]+ ){1,2}error\s*:|traceback\b|(?:[a-z]+ ){0,2}timed? ?out\b)`;

const TIMED_OUT = /\btimed? ?out\b/i;
/** SQLite's messages that name what they complain of (sandbox/failure_key.ts), anywhere in a text. */
const NAMING = /(?:no such [a-z ]+|ambiguous column name|misuse of aggregate): [^\s'")}\]]+/i;
const EMPTY =
  /^\s*(?:\[\s*\]|\{\s*\}|null|none|no (?:rows|results?)[^\n]*|)\s*$|(?:^|\n)\(?0 rows?\)?\s*$/i;

/**
 * The result that a reply tells of. A text is one cell, so that results are equal where their texts
 * are; but for a text that says there are no rows (blank, `[]`, `{}`, `null`, `No results`, or a last
 * line `(0 rows)`).
 *
 * @example A failure keeps what SQLite complains of
 * ```ts
 * import assert from "node:assert/strict";
 * import { ERROR_PATTERN, replyResult } from "./tool_result.ts";
 *
 * const isError = new RegExp(ERROR_PATTERN, "i");
 * const content = '{"error": "no such column: ag"}';
 * assert.deepEqual(replyResult({ content }, isError), {
 *   kind: "error", message: "no such column: ag", elapsedMs: 0,
 * });
 * const text = replyResult({ content: "count\n3" }, isError);
 * assert.deepEqual(text.kind === "rows" && text.rows, [["count\n3"]]);
 * ```
 *
 * @param isError Finds the texts of failures.
 */
export function replyResult({ content, columns, rows }: Reply, isError: RegExp): SqlResult {
  if (rows !== undefined) {
    const width = Math.max(0, ...rows.map((row) => row.length));
    const names = columns ?? Array.from({ length: width }, (_, c) => `column ${c + 1}`);
    return { ...NO_ROWS, columns: names, rows: rows.map((row) => row.map(sqlValue)) };
  }
  if (isError.test(content)) {
    const message = NAMING.exec(content)?.[0] ?? content.trim();
    return { kind: TIMED_OUT.test(content) ? "timeout" : "error", message, elapsedMs: 0 };
  }
  if (EMPTY.test(content)) return NO_ROWS;
  return { ...NO_ROWS, columns: ["text"], rows: [[content.trim()]] };
}

function sqlValue(cell: JsonCell): SqlValue {
  if (typeof cell === "boolean") return cell ? 1n : 0n;
  return typeof cell === "number" && Number.isSafeInteger(cell) ? BigInt(cell) : cell;
}
