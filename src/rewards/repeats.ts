/**
 * What a policy asked before: calls that repeat an earlier one, and the state of its knowledge.
 *
 * @module
 */

import { failureKey } from "../sandbox/failure_key.ts";
import { normalizedSql } from "../sandbox/sql_text.ts";
import type { Action, Step } from "../trajectory/episode.ts";

type ToolCall = Extract<Action, { kind: "toolCall" }>;

/**
 * Whether each step is a tool call that repeats an earlier one: the same call (R1), the same
 * normalized SQL (R2), or the same failure (R3), by the rules of the metric (docs/metrics.md).
 *
 * @example A query is typed again in another case
 * ```ts
 * import assert from "node:assert/strict";
 * import { repeats } from "./repeats.ts";
 *
 * const call = (sql: string) => ({
 *   text: "",
 *   action: { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: { sql }, sql },
 *   result: null,
 *   observation: "",
 * }) as const;
 * assert.deepEqual(repeats([call("SELECT 1"), call("select 1;")]), [false, true]);
 * ```
 *
 * @returns One for each step.
 */
export function repeats(steps: readonly Step[]): boolean[] {
  const seen = new Set<string>();
  return steps.map((step) => {
    if (step.action.kind !== "toolCall") return false;
    const keys = [callKey(step.action), ...failureKeys(step.action, step.result)];
    const isRepeat = keys.some((key) => seen.has(key));
    keys.forEach((key) => seen.add(key));
    return isRepeat;
  });
}

/**
 * What the policy had asked before each step, without order and repetition: the answers follow from
 * the questions, so that equal keys mean equal knowledge. For steps of one example, whose prompt is
 * the same (GiGPO's anchor states).
 *
 * @returns One for each step.
 */
export function stateKeys(steps: readonly Step[]): string[] {
  const asked = new Set<string>();
  return steps.map(({ action }) => {
    const key = JSON.stringify([...asked].sort());
    if (action.kind === "toolCall") asked.add(callKey(action));
    return key;
  });
}

/** A tool without SQL is known by its arguments. */
function callKey({ tool, sql, arguments: values }: ToolCall): string {
  return sql.trim() === "" ? `${tool} ${JSON.stringify(values)}` : `sql ${normalizedSql(sql)}`;
}

function failureKeys({ sql }: ToolCall, result: Step["result"]): string[] {
  const key = result && result.kind !== "rows" ? failureKey(result, normalizedSql(sql)) : null;
  return key === null ? [] : [`failure ${key}`];
}
