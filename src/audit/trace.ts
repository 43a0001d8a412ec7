/**
 * A trajectory that somebody else's agent made, as far as it is known.
 *
 * @module
 */

import type { SqlFailure, SqlRows } from "../sandbox/result_set.ts";
import type { Episode } from "../trajectory/episode.ts";

/** An episode with what is known of it, and where it was found. */
export interface Trace {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly id: string;
  /** Trajectories of the same group are attempts at the same question, and are compared. */
  readonly group: string;
  /**
   * What was not given stands in it as {@linkcode NOT_GIVEN}, {@linkcode NO_ROWS} or null. A result
   * that is known as text only is one row with one cell, so that equal texts are equal results.
   */
  readonly episode: Episode;
  /** Place of each step's message in the line, from 0, shape (S,). */
  readonly messages: readonly number[];
  /** Whether all results of SQL are rows; else at least one is known as text only. */
  readonly hasRows: boolean;
  /** Whether the gold result is known. */
  readonly hasGold: boolean;
  /** 1 for a right answer, 0 for a wrong one or none; null where it is not known. */
  readonly outcome: 0 | 1 | null;
}

/** In the place of a gold result that was not given: it equals nothing. */
export const NOT_GIVEN: SqlFailure = { kind: "error", message: "not given", elapsedMs: 0 };

/** A success that shows no rows to compare: of a tool without SQL, of an answer that was not run. */
export const NO_ROWS: SqlRows = {
  kind: "rows",
  columns: [],
  rows: [],
  truncated: false,
  elapsedMs: 0,
};
