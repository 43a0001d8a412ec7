/**
 * Demonstrations for the warm start: what people of different habits would do with a minibird
 * question. Some look a value up before they use it, some guess; many make calls that tell nothing new.
 *
 * The habits of a (database, template) pair are drawn once, so that the policy that learns from them
 * is good at some kinds of question and bad at others, as a real starting policy is.
 *
 * @module
 */

import { Rng } from "../../src/config/rng.ts";
import type { Action } from "../../src/trajectory/episode.ts";
import type { MinibirdQuestion } from "../minibird/mod.ts";

/** How someone works on one kind of question; rates in [0, 1]. */
export interface Habits {
  /** Looks up a value whose stored form or column is not known, rather than guessing. */
  readonly looksUp: number;
  /** Makes calls that are not needed. */
  readonly isWasteful: number;
}

const between = (rng: Rng, low: number, high: number) => low + (high - low) * rng.uniform();

/** The habits on one kind of question, fixed by the seed. */
export function habitsOf(seed: number, question: MinibirdQuestion): Habits {
  const rng = new Rng(seed, "habits", question.databaseId, question.template);
  return { looksUp: between(rng, 0.1, 0.6), isWasteful: between(rng, 0.35, 0.9) };
}

/** One tool call to come: what it is for, and its SQL. */
interface Call {
  readonly reasoning: string;
  readonly sql: string;
}

const lookUp = (question: MinibirdQuestion): Call => ({
  reasoning: question.need === "which_column" ? "which column holds it" : "how is it stored",
  sql: question.probe!,
});

/** The same SQL as someone else would type it: lower-case keywords, a trailing semicolon. */
const retyped = (sql: string) => sql.replace(/^SELECT/, "select").replace(/ FROM /, " from ") + ";";

/** A call that tells nothing new, or fails. */
function uselessCalls(rng: Rng, question: MinibirdQuestion, calls: readonly Call[]): Call[] {
  const sample = { reasoning: "look at the table", sql: question.sample };
  const last = calls.at(-1);
  const typo = {
    reasoning: "check the answer",
    sql: question.sql.replace(/ FROM (\w+)/, " FROM $1s"),
  };
  const kinds: Call[][] = [[sample], [sample, { ...sample, reasoning: "look again" }], [
    typo,
    typo,
  ]];
  if (last) {
    kinds.push([{ ...last, reasoning: "look again" }], [{
      reasoning: "look again",
      sql: retyped(last.sql),
    }]);
  }
  return rng.pick(kinds);
}

/** Runs the SQL that will be the answer: once is validation, twice is waste. */
function validation(rng: Rng, sql: string, isWasteful: boolean): Call[] {
  const check = { reasoning: "check the answer", sql };
  return isWasteful && rng.uniform() < 0.5
    ? [check, { ...check, reasoning: "check again" }]
    : [check];
}

/** What is called before answering, and the answer. */
function plan(
  rng: Rng,
  question: MinibirdQuestion,
  habits: Habits,
): { calls: Call[]; sql: string } {
  const isWasteful = rng.uniform() < habits.isWasteful;
  const calls: Call[] = [];
  if (isWasteful && rng.uniform() < 0.4) calls.push(...uselessCalls(rng, question, calls));
  const isRight = question.need === "none" || rng.uniform() < habits.looksUp;
  if (isRight && question.need !== "none") calls.push(lookUp(question));
  if (isWasteful && rng.uniform() < 0.4) calls.push(...uselessCalls(rng, question, calls));
  const sql = isRight ? question.sql : question.guess!;
  if (rng.uniform() < (isWasteful ? 0.7 : 0.15)) calls.push(...validation(rng, sql, isWasteful));
  return { calls, sql };
}

/**
 * One demonstration: at most `maxTurns` actions, the last one the answer.
 *
 * @param seed Fixes the habits; `rng` draws what happens this time.
 */
export function demonstration(
  question: MinibirdQuestion,
  seed: number,
  rng: Rng,
  maxTurns: number,
): Exclude<Action, { kind: "violation" }>[] {
  const { calls, sql } = plan(rng, question, habitsOf(seed, question));
  const actions = calls.slice(0, maxTurns - 1).map(({ reasoning, sql }) => ({
    kind: "toolCall" as const,
    reasoning,
    tool: "execute_sql",
    arguments: { sql },
    sql,
  }));
  return [...actions, { kind: "answer" as const, reasoning: "answer", sql }];
}
