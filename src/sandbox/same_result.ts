/**
 * When an answer is right: the one rule that rewards, metrics and verdict files share.
 *
 * @module
 */

import type { SqlResult, SqlRow } from "./result_set.ts";
import { sameRows } from "./same_rows.ts";

/**
 * Whether a predicted result is the gold one by BIRD's EX: both queries ran, and their rows are the
 * same as sets (see {@linkcode sameRows}).
 *
 * No prediction and a failure of either query are wrong; two empty results are the same. A result
 * that {@linkcode comparableRows} does not take is wrong, even beside itself. Time is not looked at: a
 * query over its time limit is a `timeout` by the time it comes here.
 *
 * @example Two queries without rows agree, a failed one agrees with nothing
 * ```ts
 * import assert from "node:assert/strict";
 * import { isSameResult } from "./same_result.ts";
 *
 * const empty = { kind: "rows", columns: ["a"], rows: [], truncated: false, elapsedMs: 1 } as const;
 * const failed = { kind: "error", message: "no such table: t", elapsedMs: 1 } as const;
 * assert.equal(isSameResult(empty, empty), true);
 * assert.equal(isSameResult(failed, failed), false);
 * assert.equal(isSameResult(null, empty), false);
 * ```
 *
 * @param predicted Result of the predicted SQL; null when there was no answer.
 */
export function isSameResult(predicted: SqlResult | null, gold: SqlResult): boolean {
  const [ofPredicted, ofGold] = [comparableRows(predicted), comparableRows(gold)];
  return ofPredicted !== null && ofGold !== null && sameRows(ofPredicted, ofGold);
}

/**
 * The rows of a result that is there in full; null for no result, a failure, rows that a row or byte
 * cap cut, and rows with text that is not UTF-8, which Python's sqlite3, and so BIRD's code, refuses.
 */
export function comparableRows(result: SqlResult | null): readonly SqlRow[] | null {
  return result?.kind === "rows" && !result.truncated && !result.invalidText ? result.rows : null;
}
