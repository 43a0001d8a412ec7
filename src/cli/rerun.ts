/**
 * Runs the SQL of a trajectory again, so that what was known as text is known as rows.
 *
 * @module
 */

import type { Trace } from "../audit/trace.ts";
import type { Example } from "../dataset/example.ts";
import { type AnswerResults, withinBudget } from "../env/answer_results.ts";
import { TOOL_CAPS } from "../env/options.ts";
import type { SqlPool } from "../sandbox/pool.ts";
import { isSameResult } from "../sandbox/same_result.ts";
import type { Step } from "../trajectory/episode.ts";

/** What runs SQL. */
export interface RerunSetup {
  /** Runs calls. */
  readonly pool: Pick<SqlPool, "execute">;
  readonly toolTimeoutMs: number;
  /** Runs answers and gold SQL. */
  readonly answers: Pick<AnswerResults, "get" | "timeoutMs">;
}

/**
 * The trajectory with the results of its calls, answer and gold SQL as its question's database gives
 * them, and the outcome by EX. A gold SQL of its own counts before the question's. What the agent was shown is left as it was.
 *
 * @param example The question that it answers.
 * @throws {RangeError} If the trajectory is of another database than the question.
 */
export async function rerun(trace: Trace, example: Example, setup: RerunSetup): Promise<Trace> {
  const { episode } = trace;
  const { database } = example;
  const goldSql = episode.goldSql || example.goldSql;
  if (episode.databaseId !== "" && episode.databaseId !== database.id) {
    throw new RangeError(
      `Cannot run line ${trace.line} again as question ${example.id} is of database "${database.id}": ` +
        `the line is of "${episode.databaseId}"`,
    );
  }
  const { answers } = setup;
  const goldResult = await answers.get(database.path, goldSql);
  const finalResult = episode.finalSql === null ? null : withinBudget(
    await answers.get(database.path, episode.finalSql),
    goldResult,
    answers.timeoutMs,
  );
  const steps = await Promise.all(episode.steps.map(async (step): Promise<Step> => {
    if (step.action.kind === "answer") return { ...step, result: finalResult };
    if (step.action.kind === "violation" || step.action.sql === "") return step;
    const limits = { ...TOOL_CAPS, timeoutMs: setup.toolTimeoutMs };
    return { ...step, result: await setup.pool.execute(database.path, step.action.sql, limits) };
  }));
  return {
    ...trace,
    episode: { ...episode, databaseId: database.id, steps, finalResult, goldSql, goldResult },
    hasRows: true,
    hasGold: true,
    outcome: isSameResult(finalResult, goldResult) ? 1 : 0,
  };
}
