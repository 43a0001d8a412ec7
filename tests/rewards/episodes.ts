/**
 * Episodes for tests, from their steps.
 *
 * @module
 */

import type { SqlFailure, SqlResult, SqlRow, SqlRows } from "../../src/sandbox/result_set.ts";
import type { Episode, Step } from "../../src/trajectory/episode.ts";

/** A result of these rows, with as many columns as the first has. */
export function rows(...rows: SqlRow[]): SqlRows {
  const columns = (rows[0] ?? []).map((_, c) => `c${c}`);
  return { kind: "rows", columns, rows, truncated: false, elapsedMs: 1 };
}

export function failure(message: string, kind: SqlFailure["kind"] = "error"): SqlFailure {
  return { kind, message, elapsedMs: 1 };
}

export function call(sql: string, result: SqlResult, reasoning = "Look first."): Step {
  const action = {
    kind: "toolCall" as const,
    reasoning,
    tool: "execute_sql",
    arguments: { sql },
    sql,
  };
  return { text: "", action, result, observation: "" };
}

export function answer(sql: string, result: SqlResult): Step {
  const action = { kind: "answer" as const, reasoning: "So it is.", sql };
  return { text: "", action, result, observation: null };
}

export const VIOLATION: Step = {
  text: "",
  action: { kind: "violation", violation: "no_action", detail: "" },
  result: null,
  observation: "",
};

/** An episode of these steps; the answer is that of the last step, if it is one. */
export function episode(steps: readonly Step[], goldResult: SqlResult): Episode {
  const last = steps.at(-1);
  const isAnswered = last?.action.kind === "answer";
  return {
    exampleId: "1",
    databaseId: "shop",
    seed: 0,
    policy: "scripted",
    prompt: [],
    steps,
    stopReason: isAnswered ? "answer" : "turn_limit",
    finalSql: last?.action.kind === "answer" ? last.action.sql : null,
    finalResult: isAnswered ? last.result : null,
    goldSql: "SELECT 1",
    goldResult,
    tokens: null,
    timings: { totalMs: 1, sqlMs: 1 },
  };
}
