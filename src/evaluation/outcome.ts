/**
 * How a question came out, so that a 0 never hides why.
 *
 * @module
 */

import type { SqlResult, SqlRow, SqlRows } from "../sandbox/result_set.ts";
import { comparableRows } from "../sandbox/same_result.ts";
import { cellKey, sameRows } from "../sandbox/same_rows.ts";
import type { Episode } from "../trajectory/episode.ts";

/**
 * How a question came out; the first that holds, in the order `right`, `environment`, `gold_failed`,
 * then what became of the answer. Only `wrong_rows` and `wrong_columns` say that the SQL itself was
 * wrong though it ran.
 *
 * - `right`: right by BIRD's EX.
 * - `wrong_rows`, `wrong_columns`: both results are there and differ; `wrong_columns` where their
 *   number of columns differs, or the gold's rows are there but for the order of the cells in them.
 * - `execution_error`: SQLite refuses to run the predicted SQL, or Python would refuse its text.
 * - `timeout`: over the deadline, alone or together with the gold SQL.
 * - `refused`: not a single read-only statement. `too_large`: over a limit or cap of the sandbox.
 * - `format`: no answer, and the last message broke the format. `no_answer`: no answer otherwise, or
 *   one without a statement.
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

/** An outcome with what is known of its reason. */
export interface Explained {
  readonly outcome: Outcome;
  /** What SQLite, the sandbox or the parser said; empty where rows could be compared. */
  readonly message: string;
}

/**
 * How an episode came out.
 *
 * @example A gold SQL that fails is not the answer's fault
 * ```ts
 * import assert from "node:assert/strict";
 * import { outcomeOf } from "./outcome.ts";
 *
 * const rows = { kind: "rows", columns: ["a"], rows: [], truncated: false, elapsedMs: 1 } as const;
 * const failed = { kind: "error", message: "no such table: t", elapsedMs: 1 } as const;
 * const answered = { steps: [], finalResult: rows, goldResult: rows };
 * assert.equal(outcomeOf(answered, true).outcome, "right");
 * assert.deepEqual(outcomeOf({ ...answered, goldResult: failed }, false), {
 *   outcome: "gold_failed",
 *   message: "no such table: t",
 * });
 * ```
 *
 * @param isCorrect Whether its answer is right by BIRD's EX.
 */
export function outcomeOf(
  { steps, finalResult, goldResult }: Pick<Episode, "steps" | "finalResult" | "goldResult">,
  isCorrect: boolean,
): Explained {
  if (isCorrect) return { outcome: "right", message: "" };
  for (const result of [finalResult, goldResult]) {
    if (result?.kind === "crashed") return { outcome: "environment", message: result.message };
  }
  const gold = comparableRows(goldResult);
  if (gold === null) return { outcome: "gold_failed", message: failureOf(goldResult).message };
  if (finalResult === null) return withoutAnswer(steps);
  const predicted = comparableRows(finalResult);
  if (predicted === null) return failureOf(finalResult);
  const outcome = wrongOutcome(finalResult as SqlRows, goldResult as SqlRows);
  return { outcome, message: "" };
}

function withoutAnswer(steps: Episode["steps"]): Explained {
  const last = steps.at(-1)?.action;
  return last?.kind === "violation"
    ? { outcome: "format", message: last.detail }
    : { outcome: "no_answer", message: "" };
}

/** Why a result has no rows to compare. */
function failureOf(result: SqlResult): Explained {
  if (result.kind === "rows") {
    return result.truncated
      ? { outcome: "too_large", message: "the result was cut at its cap" }
      : { outcome: "execution_error", message: "a text of the result is not UTF-8" };
  }
  const { kind, message } = result;
  return { outcome: OUTCOME_OF_FAILURE[kind], message };
}

const OUTCOME_OF_FAILURE = {
  error: "execution_error",
  refused: "refused",
  timeout: "timeout",
  too_large: "too_large",
  crashed: "environment",
} as const;

function wrongOutcome(predicted: SqlRows, gold: SqlRows): Outcome {
  // Any statement that gives rows has columns, so here was only space or a comment.
  if (predicted.columns.length === 0) return "no_answer";
  const hasOtherColumns = predicted.columns.length !== gold.columns.length ||
    sameRows(predicted.rows.map(withoutOrder), gold.rows.map(withoutOrder));
  return hasOtherColumns ? "wrong_columns" : "wrong_rows";
}

/** A row that two rows share exactly when they hold the same cells, in any order. */
function withoutOrder(row: SqlRow): SqlRow {
  return row.map(cellKey).sort();
}
