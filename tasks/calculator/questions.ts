/**
 * Questions of arithmetic with one to five operations, as expressions and as short stories. They are
 * made from a seed, and each belongs to the split that its numbers say, so that splits share none.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Rng } from "../../src/config/rng.ts";
import type { Difficulty } from "../../src/dataset/example.ts";
import type { Operator } from "../../src/tasks/arithmetic.ts";
import { story } from "./stories.ts";

/** A split of the questions. */
export type Split = "train" | "dev" | "test";

/** One step: what is done to the value so far. */
export interface Operation {
  readonly operator: Operator;
  readonly operand: number;
}

/** A question and how it is solved. */
export interface CalculatorQuestion {
  readonly form: "expression" | "story";
  readonly question: string;
  /** The gold. */
  readonly expression: string;
  readonly start: number;
  readonly operations: readonly Operation[];
  /** The value after each operation. */
  readonly values: readonly number[];
  readonly difficulty: Difficulty;
}

const OPERATORS: readonly Operator[] = ["+", "-", "*", "/"];
const MAX_OPERATIONS = 5;
const MAX_VALUE = 999;

const DIFFICULTIES: readonly Difficulty[] = [
  ...["simple", "simple"] as const,
  ...["moderate", "challenging", "challenging"] as const,
];

/**
 * Questions of a split, as many of each number of operations, no two of the same numbers.
 *
 * @param options.avoid Expressions to leave out.
 */
export function calculatorQuestions(
  { seed, split, count, avoid = new Set() }: {
    readonly seed: number;
    readonly split: Split;
    readonly count: number;
    readonly avoid?: ReadonlySet<string>;
  },
): CalculatorQuestion[] {
  const rng = new Rng(seed, "calculator", split);
  const questions: CalculatorQuestion[] = [];
  const seen = new Set(avoid);
  while (questions.length < count) {
    const question = drawn(rng, 1 + questions.length % MAX_OPERATIONS);
    if (seen.has(question.expression) || splitOf(question.expression) !== split) continue;
    seen.add(question.expression);
    questions.push(question);
  }
  return questions;
}

/** Of ten expressions eight are for training. */
function splitOf(expression: string): Split {
  const tenth = createHash("sha256").update(expression).digest()[0] % 10;
  return tenth === 0 ? "dev" : tenth === 1 ? "test" : "train";
}

function drawn(rng: Rng, operationCount: number): CalculatorQuestion {
  const form = rng.pick(["expression", "expression", "story"] as const);
  const start = 2 + rng.below(98);
  const operations: Operation[] = [];
  const values: number[] = [];
  // No number comes up twice: what a step needs is then found by what it is, and two steps that are
  // both needed never give the same value, which the metric of redundant calls would take for one.
  const used = new Set([start]);
  let value = start;
  while (operations.length < operationCount) {
    const operation = drawnOperation(rng, value);
    const next = applied(value, operation);
    const { operand } = operation;
    if (!isFit(next) || next === operand || used.has(next) || used.has(operand)) {
      // From some values hardly any step is left.
      if (rng.uniform() < 0.02) return drawn(rng, operationCount);
      continue;
    }
    used.add(operand).add(next);
    operations.push(operation);
    values.push(value = next);
  }
  const expression = expressionOf(start, operations);
  const question = form === "expression" ? expression : story(start, operations, rng);
  const difficulty = DIFFICULTIES[operationCount - 1];
  return { form, question, expression, start, operations, values, difficulty };
}

function drawnOperation(rng: Rng, value: number): Operation {
  const operator = rng.pick(OPERATORS);
  const operand = 2 + rng.below(operator === "*" || operator === "/" ? 8 : Math.min(value, 97));
  return { operator, operand };
}

function applied(value: number, { operator, operand }: Operation): number {
  switch (operator) {
    case "+":
      return value + operand;
    case "-":
      return value - operand;
    case "*":
      return value * operand;
    case "/":
      return value / operand;
  }
}

const isFit = (value: number) => Number.isInteger(value) && value >= 2 && value <= MAX_VALUE;

/** `(12 + 7) * 3`: parentheses where a sum is multiplied or divided. */
function expressionOf(start: number, operations: readonly Operation[]): string {
  let text = String(start);
  let isSum = false;
  for (const { operator, operand } of operations) {
    const isProduct = operator === "*" || operator === "/";
    text = `${isProduct && isSum ? `(${text})` : text} ${operator} ${operand}`;
    isSum = !isProduct;
  }
  return text;
}
