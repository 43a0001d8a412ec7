/**
 * The episode of an answer that is known beforehand, such as one of a prediction file: no prompt, no
 * tool call, one step.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { Episode } from "../trajectory/episode.ts";
import type { Task } from "./task.ts";

/** Whose answer it is, and to what. */
export interface AnswerSetup {
  /** Named as the episode's policy. */
  readonly policy: string;
  readonly task: Task;
}

/**
 * Runs an answer as the official code does, whatever its text: SQL without a statement gives no rows.
 *
 * @param sql Null where there is no answer: the episode then has no step.
 */
export async function answerEpisode(
  example: Example,
  sql: string | null,
  { policy, task }: AnswerSetup,
): Promise<Episode> {
  const { id, database, goldSql } = example;
  const [goldResult, finalResult] = await Promise.all([
    task.gold(example),
    sql === null ? null : task.answer(sql, example),
  ]);
  const elapsedMs = finalResult?.elapsedMs ?? 0;
  return {
    exampleId: id,
    databaseId: database.id,
    seed: 0,
    policy,
    prompt: [],
    steps: sql === null ? [] : [{
      text: sql,
      action: { kind: "answer", reasoning: "", sql },
      result: finalResult,
      observation: null,
    }],
    stopReason: sql === null ? "no_prediction" : "answer",
    finalSql: sql,
    finalResult,
    goldSql,
    goldResult,
    tokens: null,
    timings: { totalMs: elapsedMs, sqlMs: elapsedMs },
  };
}
