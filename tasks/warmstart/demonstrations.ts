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
  /** The needless calls that are made most of the time. */
  readonly favourite: Waste;
}

/** Kinds of needless calls: look at a table, fail twice, ask or check what is known once more. */
const WASTES = ["sample", "typo", "repeat", "recheck"] as const;
type Waste = typeof WASTES[number];

const between = (rng: Rng, low: number, high: number) => low + (high - low) * rng.uniform();

/** The habits on one kind of question, fixed by the seed. */
export function habitsOf(seed: number, question: MinibirdQuestion): Habits {
  const rng = new Rng(seed, "habits", question.databaseId, question.template);
  return {
    looksUp: between(rng, 0.1, 0.6),
    isWasteful: between(rng, 0.35, 0.9),
    favourite: rng.pick(WASTES),
  };
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

/** Calls of one kind that tell nothing new, or fail; none where there is nothing to repeat. */
function needlessCalls(
  waste: Waste,
  rng: Rng,
  question: MinibirdQuestion,
  calls: readonly Call[],
): Call[] {
  const sample = { reasoning: "look at the table", sql: question.sample };
  const typo = {
    reasoning: "check the answer",
    sql: question.sql.replace(/ FROM (\w+)/, " FROM $1s"),
  };
  const last = calls.at(-1);
  switch (waste) {
    case "sample":
      return rng.uniform() < 0.5 ? [sample] : [sample, { ...sample, reasoning: "look again" }];
    case "typo":
      return [typo, typo];
    case "repeat": {
      const sql = last && (rng.uniform() < 0.5 ? last.sql : retyped(last.sql));
      return sql === undefined ? [] : [{ reasoning: "look again", sql }];
    }
    case "recheck":
      return [];
  }
}

/** Runs the SQL that will be the answer: once is validation, twice is waste. */
function validation(sql: string, isTwice: boolean): Call[] {
  const check = { reasoning: "check the answer", sql };
  return isTwice ? [check, { ...check, reasoning: "check again" }] : [check];
}

/**
 * What is called before answering, and the answer.
 *
 * @param favouriteShare How often waste is the favourite kind; else it is any kind.
 */
function plan(
  rng: Rng,
  question: MinibirdQuestion,
  habits: Habits,
  favouriteShare: number,
): { calls: Call[]; sql: string } {
  const isWasteful = rng.uniform() < habits.isWasteful;
  const waste = !isWasteful
    ? null
    : rng.uniform() < favouriteShare
    ? habits.favourite
    : rng.pick(WASTES);
  const isRight = question.need === "none" || rng.uniform() < habits.looksUp;
  const calls: Call[] = [];
  if (waste === "sample" || waste === "typo") {
    calls.push(...needlessCalls(waste, rng, question, calls));
  }
  if (isRight && question.need !== "none") calls.push(lookUp(question));
  if (waste === "repeat") calls.push(...needlessCalls(waste, rng, question, calls));
  const sql = isRight ? question.sql : question.guess!;
  const isTwice = waste === "recheck" || (waste === "repeat" && calls.length === 0);
  if (isTwice || rng.uniform() < 0.3) calls.push(...validation(sql, isTwice));
  return { calls, sql };
}

/** How demonstrations are made. */
export interface DemonstrationOptions {
  readonly maxTurns: number;
  /** How often needless calls are of the favourite kind, in [0, 1]. */
  readonly favouriteShare: number;
  /** Whether someone shows it who nearly always looks up and seldom wastes a call. */
  readonly isExpert: boolean;
}

const EXPERT: Habits = { looksUp: 0.95, isWasteful: 0.2, favourite: "repeat" };

/**
 * One demonstration: at most `maxTurns` actions, the last one the answer.
 *
 * @param seed Fixes the habits; `rng` draws what happens this time.
 */
export function demonstration(
  question: MinibirdQuestion,
  seed: number,
  rng: Rng,
  { maxTurns, favouriteShare, isExpert }: DemonstrationOptions,
): Exclude<Action, { kind: "violation" }>[] {
  const habits = isExpert ? EXPERT : habitsOf(seed, question);
  const { calls, sql } = plan(rng, question, habits, favouriteShare);
  const actions = calls.slice(0, maxTurns - 1).map(({ reasoning, sql }) => ({
    kind: "toolCall" as const,
    reasoning,
    tool: "execute_sql",
    arguments: { sql },
    sql,
  }));
  return [...actions, { kind: "answer" as const, reasoning: "answer", sql }];
}
