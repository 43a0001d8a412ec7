/**
 * Hand-made results, episodes and verdicts for the tests of this folder.
 *
 * @module
 */

import type { SqlFailure, SqlResult, SqlRow, SqlRows } from "../../src/sandbox/result_set.ts";
import type { Episode, Step } from "../../src/trajectory/episode.ts";
import type { CallRedundancy } from "../../src/evaluation/redundancy.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";

/** A whole result. */
export function rowsOf(rows: readonly SqlRow[], fields: Partial<SqlRows> = {}): SqlRows {
  const columns = Array.from(rows[0] ?? ["a"], (_, index) => `c${index}`);
  return { kind: "rows", columns, rows, truncated: false, elapsedMs: 1, ...fields };
}

/** A result of one column. */
export function columnOf(...cells: SqlRow): SqlRows {
  return rowsOf(cells.map((cell) => [cell]));
}

/** A statement that gave no rows. */
export function failure(kind: SqlFailure["kind"], message = ""): SqlFailure {
  return { kind, message, elapsedMs: 1 };
}

/** Results that no answer can agree with, not even their like. */
export const INCOMPARABLE: readonly SqlResult[] = [
  ...(["error", "refused", "timeout", "too_large", "crashed"] as const).map((kind) =>
    failure(kind)
  ),
  rowsOf([[1n]], { truncated: true }),
  rowsOf([["\uFFFD"]], { invalidText: true }),
];

/** A tool call and its result. */
export function callStep(sql: string, result: SqlResult): Step {
  return {
    text: sql,
    action: { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: { sql }, sql },
    result,
    observation: "",
  };
}

/** A message that breaks the format. */
export const BROKEN_STEP: Step = {
  text: "?",
  action: { kind: "violation", violation: "no_action", detail: "the message does nothing" },
  result: null,
  observation: "",
};

/** An episode whose answer gave this result; null is an episode that ran out of turns. */
export function anEpisode(
  finalResult: SqlResult | null,
  goldResult: SqlResult,
  fields: Partial<Episode> = {},
): Episode {
  return {
    exampleId: "0",
    databaseId: "shop",
    seed: 0,
    policy: "hand-made",
    prompt: [],
    steps: [],
    stopReason: finalResult === null ? "turn_limit" : "answer",
    finalSql: finalResult === null ? null : "SELECT 2",
    finalResult,
    goldSql: "SELECT 2",
    goldResult,
    tokens: null,
    timings: { totalMs: 1, sqlMs: 1 },
    ...fields,
  };
}

/** A tool call's record; by default one that is neither redundant nor failed. */
export function aCall(fields: Partial<CallRedundancy> = {}): CallRedundancy {
  return { index: 0, step: 0, classes: [], category: null, hasFailed: false, ...fields };
}

/** A verdict on a right answer; a wrong one is wrong by every measure unless told otherwise. */
export function aVerdict(fields: Partial<Verdict> = {}): Verdict {
  const isCorrect = fields.isCorrect ?? true;
  return {
    exampleId: "0",
    databaseId: "shop",
    difficulty: "simple",
    seed: 0,
    goldSql: "SELECT 2",
    predictedSql: "SELECT 2",
    isCorrect,
    isStrictlyCorrect: isCorrect,
    disagreement: "same",
    softF1: Number(isCorrect),
    rVesReward: null,
    outcome: isCorrect ? "right" : "wrong_rows",
    message: "",
    features: [],
    calls: [],
    excessSteps: null,
    messageCount: 1,
    violationCount: 0,
    stopReason: "answer",
    predictedMs: 1,
    goldMs: 1,
    ...fields,
  };
}
