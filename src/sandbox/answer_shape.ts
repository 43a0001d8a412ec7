/**
 * Whether a message of a worker is an answer: a worker that SQL broke into may send anything.
 *
 * @module
 */

import type { SqlAnswer } from "./wire.ts";

const FAILURES: readonly unknown[] = ["error", "refused", "timeout", "too_large", "crashed"];

/** Whether a message has the form of a {@linkcode SqlAnswer}, down to each cell. */
export function isAnswer(message: unknown): message is SqlAnswer {
  const { kind, ...fields } = Object(message);
  if (kind === "times") {
    return fields.predictedSeconds instanceof Float64Array &&
      fields.goldSeconds instanceof Float64Array;
  }
  if (typeof fields.elapsedMs !== "number") return false;
  if (kind !== "rows") return FAILURES.includes(kind) && typeof fields.message === "string";
  return isArrayOf(fields.columns, (name) => typeof name === "string") &&
    isArrayOf(fields.rows, (row) => isArrayOf(row, isCell)) &&
    typeof fields.truncated === "boolean" &&
    (fields.invalidText === undefined || fields.invalidText === true);
}

function isArrayOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => isItem(item));
}

function isCell(cell: unknown): boolean {
  return cell === null || typeof cell === "string" || typeof cell === "bigint" ||
    typeof cell === "number" || cell instanceof Uint8Array;
}
