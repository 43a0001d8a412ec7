/**
 * The paper's task: a question about a database, answered with SQL.
 *
 * @module
 */

import { type AnswerResults, withinBudget } from "../env/answer_results.ts";
import { ENV_OPTIONS } from "../env/options.ts";
import type { Task } from "../env/task.ts";
import type { SqlPool } from "../sandbox/pool.ts";
import { executeSql } from "./execute_sql.ts";
import { SQL_PROTOCOL, sqlPrompt } from "./sql_prompt.ts";

/** What runs SQL. */
export interface Text2SqlSetup {
  /** Runs tool calls. */
  readonly pool: Pick<SqlPool, "execute">;
  /** Runs the answer and the gold SQL. */
  readonly answers: Pick<AnswerResults, "get" | "timeoutMs">;
  /** Deadline of a tool call. */
  readonly toolTimeoutMs?: number;
}

/** Text-to-SQL with one tool; an answer is right by BIRD's EX. */
export function text2sql(
  { pool, answers, toolTimeoutMs = ENV_OPTIONS.toolTimeoutMs.default }: Text2SqlSetup,
): Task {
  const gold: Task["gold"] = ({ database, goldSql }) => answers.get(database.path, goldSql);
  return {
    name: "text2sql",
    tools: [executeSql(pool, toolTimeoutMs)],
    answerLanguage: SQL_PROTOCOL.answerLanguage,
    answerRule: "BIRD: equal sets of rows (evaluation_ex.py of bird-bench/mini_dev 4d970a9)",
    rewards: {},
    prompt: sqlPrompt,
    gold,
    goldAnswer: ({ goldSql }) => goldSql.trim(),
    async answer(sql, example) {
      const result = await answers.get(example.database.path, sql);
      return withinBudget(result, await gold(example), answers.timeoutMs);
    },
  };
}
