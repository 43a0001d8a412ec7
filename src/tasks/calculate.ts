/**
 * A calculator as a tool: one operation a call, so that longer work takes several.
 *
 * @module
 */

import type { Tool } from "../env/tool.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import {
  ArithmeticError,
  expressionText,
  type Fraction,
  fractionText,
  operationCount,
  parsedExpression,
  valueOf,
} from "./arithmetic.ts";

/** `calculate(expression)`. */
export const CALCULATE: Tool = {
  name: "calculate",
  description:
    "Calculates one operation on two numbers, such as 12 + 7, and returns its value, or the error message.",
  parameters: {
    type: "object",
    properties: {
      expression: { type: "string", description: "Two numbers with +, -, * or / between them." },
    },
    required: ["expression"],
  },
  query: ({ expression }) => spelling(expression),
  run: ({ expression }) => Promise.resolve(calculated(expression, { maxOperations: 1 })),
};

/** The expression in one spelling, or the text itself where it is none. */
function spelling(text: string): string {
  try {
    return expressionText(parsedExpression(text));
  } catch (error) {
    if (error instanceof ArithmeticError) return text;
    throw error;
  }
}

/**
 * The value of an expression as a result of one row and one cell: a whole number, or a text such as
 * `7/2`. Exact, so that equal values are equal cells.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { calculated } from "./calculate.ts";
 *
 * const cell = (text: string) => {
 *   const result = calculated(text, { maxOperations: Infinity });
 *   return result.kind === "rows" ? result.rows[0][0] : result.message;
 * };
 * assert.equal(cell("0.1 + 0.2 - 0.3"), 0n);
 * assert.equal(cell("(4 + 3) / 2"), "7/2");
 * assert.equal(cell("1 / (2 - 2)"), "division by zero");
 * ```
 *
 * @returns An `error` for a text that is not arithmetic, has more operations, or divides by zero.
 */
export function calculated(
  text: string,
  { maxOperations }: { readonly maxOperations: number },
): SqlResult {
  try {
    const expression = parsedExpression(text);
    if (operationCount(expression) > maxOperations) {
      throw new ArithmeticError(`more than ${maxOperations} operation`);
    }
    return valueResult(valueOf(expression));
  } catch (error) {
    if (!(error instanceof ArithmeticError)) throw error;
    return { kind: "error", message: error.message, elapsedMs: 0 };
  }
}

function valueResult(value: Fraction): SqlResult {
  return {
    kind: "rows",
    columns: ["value"],
    rows: [[value.denominator === 1n ? value.numerator : fractionText(value)]],
    truncated: false,
    elapsedMs: 0,
  };
}
