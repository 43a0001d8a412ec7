/**
 * What is known of one question after a policy, or a file of predictions, has answered it: the row
 * that is stored, broken down, exported and shown.
 *
 * @module
 */

import type { Difficulty } from "../dataset/example.ts";
import type { StopReason } from "../trajectory/episode.ts";
import type { CallRedundancy } from "./redundancy.ts";

/**
 * How a question came out. Only `wrong_rows` and `wrong_columns` say that the SQL itself was wrong
 * though it ran.
 *
 * - `right`: right by BIRD's EX.
 * - `wrong_rows`, `wrong_columns`: both results are there and differ; `wrong_columns` where their
 *   number of columns differs, or the predicted columns in another order are the gold's.
 * - `execution_error`: SQLite refuses to run the predicted SQL, or Python would refuse its text.
 * - `timeout`: over the deadline, alone or together with the gold SQL.
 * - `refused`: not a single read-only statement. `too_large`: over a limit or cap of the sandbox.
 * - `format`: no answer, and the last message broke the format. `no_answer`: no answer otherwise.
 * - `gold_failed`: the gold SQL gave no whole result, so no answer could be right.
 * - `environment`: a worker of ours died twice; says nothing of the answer.
 */
export const OUTCOMES = [
  "right",
  "wrong_rows",
  "wrong_columns",
  "execution_error",
  "timeout",
  "refused",
  "too_large",
  "format",
  "no_answer",
  "gold_failed",
  "environment",
] as const;

/** A name in {@linkcode OUTCOMES}. */
export type Outcome = typeof OUTCOMES[number];

/** Why strict EX and BIRD's EX differ on a question; `same` where they agree. */
export type Disagreement = "same" | "duplicates" | "order" | "float_tolerance";

/** Features that a gold SQL is grouped by. */
export const SQL_FEATURES = [
  "join",
  "aggregation",
  "grouping",
  "nesting",
  "set_operation",
  "ordering",
  "limit",
  "date_function",
] as const;

/** A name in {@linkcode SQL_FEATURES}. */
export type SqlFeature = typeof SQL_FEATURES[number];

/**
 * One question's result. All measures of an evaluation are computed from verdicts alone
 * (`summarize(verdicts, options)`), so that an evaluation can be streamed to the store, stopped,
 * resumed and summed up again without its episodes.
 */
export interface Verdict {
  readonly exampleId: string;
  readonly databaseId: string;
  readonly difficulty: Difficulty | null;
  readonly seed: number;
  readonly goldSql: string;
  /** Null when there was no answer. */
  readonly predictedSql: string | null;
  /** By BIRD's EX: sets of rows. */
  readonly isCorrect: boolean;
  /** By strict EX: duplicates count, order where the gold orders, reals to a tolerance. */
  readonly isStrictlyCorrect: boolean;
  readonly disagreement: Disagreement;
  /** BIRD's Soft-F1, 0 to 1. */
  readonly softF1: number;
  /** BIRD's R-VES reward, 0 to 1.25; null where queries were not timed. */
  readonly rVesReward: number | null;
  readonly outcome: Outcome;
  /** Why there are no rows; empty where there are. */
  readonly message: string;
  /** Features of the gold SQL. */
  readonly features: readonly SqlFeature[];
  /** Every tool call with its redundancy classes. */
  readonly calls: readonly CallRedundancy[];
  /** Calls after the one that determined the answer; null where none did. */
  readonly excessSteps: number | null;
  /** Messages of the policy, and those of them that broke the format. */
  readonly messageCount: number;
  readonly violationCount: number;
  readonly stopReason: StopReason;
  /** Milliseconds in SQLite of the answer and of the gold SQL; null for no answer. */
  readonly predictedMs: number | null;
  readonly goldMs: number;
}
