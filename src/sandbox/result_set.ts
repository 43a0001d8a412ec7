/**
 * What one SQL statement gave: rows, or why there are none.
 *
 * A failed statement is data with a `kind`, not an exception.
 *
 * @module
 */

/** A cell: INTEGER is a bigint, REAL a number, TEXT a string, BLOB bytes, NULL null. */
export type SqlValue = null | bigint | number | string | Uint8Array;

/** The cells of one row, in column order. */
export type SqlRow = readonly SqlValue[];

/** Rows in the order SQLite gave them. */
export interface SqlRows {
  readonly kind: "rows";
  readonly columns: readonly string[];
  readonly rows: readonly SqlRow[];
  /** Whether a row or byte cap cut the result. */
  readonly truncated: boolean;
  /** A text cell is not UTF-8 (shown with U+FFFD): Python's sqlite3 refuses such a result, so EX does. */
  readonly invalidText?: true;
  readonly elapsedMs: number;
}

/** Why a statement gave no rows. */
export interface SqlFailure {
  /**
   * `error`: SQLite's own message; `refused`: not a single read-only statement, or stopped by the
   * authorizer; `timeout`: killed at its deadline; `too_large`: over a limit; `crashed`: the worker died.
   */
  readonly kind: "error" | "refused" | "timeout" | "too_large" | "crashed";
  readonly message: string;
  readonly elapsedMs: number;
}

/** The outcome of one statement. */
export type SqlResult = SqlRows | SqlFailure;

/** The times of two statements, run in turns, in the order of the runs. */
export interface SqlTimes {
  readonly kind: "times";
  readonly predictedSeconds: Float64Array;
  readonly goldSeconds: Float64Array;
}
