/**
 * The episode of an answer that is known beforehand, such as one of a prediction file: no prompt, no
 * tool call, one step.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { Episode } from "../trajectory/episode.ts";
import type { AnswerResults } from "./answer_results.ts";
import { withinBudget } from "./run_episode.ts";

/** Whose answer it is, and what runs it. */
export interface AnswerSetup {
  /** Named as the episode's policy. */
  readonly policy: string;
  readonly answers: Pick<AnswerResults, "get" | "timeoutMs">;
}

/**
 * Runs an answer as the official code does, whatever its text: SQL without a statement gives no rows.
 *
 * @param sql Null where there is no answer: the episode then has no step.
 */
export async function answerEpisode(
  example: Example,
  sql: string | null,
  { policy, answers }: AnswerSetup,
): Promise<Episode> {
  const { id, database, goldSql } = example;
  const [goldResult, result] = await Promise.all([
    answers.get(database.path, goldSql),
    sql === null ? null : answers.get(database.path, sql),
  ]);
  const finalResult = result && withinBudget(result, goldResult, answers.timeoutMs);
  const elapsedMs = result?.elapsedMs ?? 0;
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
