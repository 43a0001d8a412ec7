/**
 * Demonstrations for the calculator's warm start: what people of different habits would do. Some
 * calculate to the end, some guess on the way, slip, or ask what they have been told.
 *
 * @module
 */

import { Rng } from "../../src/config/rng.ts";
import type { Operator } from "../../src/tasks/arithmetic.ts";
import { CALCULATE } from "../../src/tasks/calculate.ts";
import type { Action } from "../../src/trajectory/episode.ts";
import type { CalculatorQuestion } from "./questions.ts";

/** Kinds of needless calls: the same again, the same typed otherwise, the last one again, the whole. */
const WASTES = ["repeat", "retype", "recheck", "whole"] as const;

/** How someone works on one kind of question; rates in [0, 1]. */
interface Habits {
  /** Calculates to the end rather than guess at some point. */
  readonly calculates: number;
  readonly isWasteful: number;
  readonly favourite: typeof WASTES[number];
}

/** How often waste is the favourite one; else it is any. */
const FAVOURITE_SHARE = 0.6;

/** How often one of the steps is done with another operator. */
const SLIP_SHARE = 0.1;

/** The habits on a kind of question, fixed by the seed, so that some kinds are worked on well. */
function habitsOf(seed: number, { form, operations }: CalculatorQuestion): Habits {
  const rng = new Rng(seed, "calculator habits", form, operations.length);
  return {
    calculates: 0.45 + 0.45 * rng.uniform(),
    isWasteful: 0.3 + 0.5 * rng.uniform(),
    favourite: rng.pick(WASTES),
  };
}

/** A call, and the value that its caller goes on with. */
interface Call {
  readonly reasoning: string;
  readonly expression: string;
  readonly value: number;
}

/**
 * One demonstration: at most `maxTurns` actions, the last one the answer.
 *
 * @param seed Fixes the habits; `rng` draws what happens this time.
 */
export function demonstration(
  question: CalculatorQuestion,
  seed: number,
  rng: Rng,
  { maxTurns }: { readonly maxTurns: number },
): Exclude<Action, { kind: "violation" }>[] {
  const habits = habitsOf(seed, question);
  const steps = stepsOf(question, rng);
  const isGuess = rng.uniform() > habits.calculates;
  const done = isGuess ? steps.slice(0, rng.below(steps.length)) : steps;
  const calls = withWaste(done, question, habits, rng).slice(0, maxTurns - 1);
  const value = isGuess ? guess(question, rng) : calls.at(-1)!.value;
  return [
    ...calls.map(callAction),
    { kind: "answer", reasoning: isGuess ? "guess" : "done", sql: String(value) },
  ];
}

function callAction({ reasoning, expression }: Call): Exclude<Action, { kind: "violation" }> {
  const values = { expression };
  const sql = CALCULATE.query(values);
  return { kind: "toolCall", reasoning, tool: CALCULATE.name, arguments: values, sql };
}

/** The steps in order; a slip changes one operator, and what follows goes on from there. */
function stepsOf({ start, operations }: CalculatorQuestion, rng: Rng): Call[] {
  const slip = rng.uniform() < SLIP_SHARE ? rng.below(operations.length) : -1;
  let value = start;
  return operations.map(({ operator, operand }, n) => {
    const used = n === slip ? slipOf(operator) : operator;
    const expression = `${value} ${used} ${operand}`;
    value = VALUES[used](value, operand);
    return { reasoning: `step ${n + 1}`, expression, value };
  });
}

const VALUES: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  // Only right divisions are done, and these leave no remainder.
  "/": (a, b) => Math.floor(a / b),
};

const slipOf = (operator: Operator): Operator => operator === "+" ? "-" : "+";

/** A number that looks like an answer. */
function guess({ values }: CalculatorQuestion, rng: Rng): number {
  const right = values.at(-1)!;
  return Math.max(2, right + rng.pick([-20, -10, -2, -1, 0, 1, 2, 10, 20]));
}

function withWaste(
  calls: readonly Call[],
  { expression }: CalculatorQuestion,
  { isWasteful, favourite }: Habits,
  rng: Rng,
): Call[] {
  if (rng.uniform() >= isWasteful) return [...calls];
  const waste = rng.uniform() < FAVOURITE_SHARE ? favourite : rng.pick(WASTES);
  if (waste === "whole") {
    const whole = { reasoning: "all at once", expression, value: 0 };
    return calls.length < 2 ? [...calls] : [whole, whole, ...calls];
  }
  if (calls.length === 0) return [];
  const place = waste === "recheck" ? calls.length - 1 : rng.below(calls.length);
  const again = { ...calls[place], reasoning: "check" };
  const retyped = { ...again, expression: again.expression.replaceAll(" ", "") };
  return calls.toSpliced(place + 1, 0, waste === "retype" ? retyped : again);
}
