/**
 * Which failures of SQL are the same failure again, for the reward and the metric alike.
 *
 * @module
 */

import type { SqlFailure } from "./result_set.ts";

// SQLite's messages that name what they complain of; it guesses at strings in double quotes.
const NAMING_MESSAGE =
  /^(no such [a-z ]+|ambiguous column name|misuse of aggregate): "?(.+?)"?(?: - should this be .*)?$/s;

/**
 * A text that two failures share when the second repeats the first: the same kind, error class and
 * offending table, column or function. Where SQLite's message names none (a syntax error names only a
 * token), the normalized SQL stands for it.
 *
 * @example The same column is missing twice
 * ```ts
 * import assert from "node:assert/strict";
 * import { failureKey } from "./failure_key.ts";
 *
 * const failed = (column: string) =>
 *   ({ kind: "error", message: `no such column: ${column}`, elapsedMs: 0 }) as const;
 * const first = failureKey(failed("Age"), "select Age from t");
 * assert.equal(failureKey(failed("age"), "select age , name from t"), first);
 * assert.notEqual(failureKey(failed("id"), "select id from t"), first);
 * ```
 *
 * @param sql Normalized SQL of the failed statement.
 * @returns Null for a timeout, which says nothing of what is wrong.
 */
export function failureKey({ kind, message }: SqlFailure, sql: string): string | null {
  if (kind === "timeout") return null;
  const [, errorClass, identifier] = NAMING_MESSAGE.exec(message) ?? [];
  return JSON.stringify(
    identifier ? [kind, errorClass, identifier.toLowerCase()] : [kind, message, sql],
  );
}
