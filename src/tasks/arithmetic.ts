/**
 * Arithmetic in exact fractions: + - * /, parentheses, whole and decimal numbers. The text is read by a
 * grammar and never run as code; its length and depth are bounded, so that any text ends at once.
 *
 * @module
 */

/** A fraction in lowest terms; the denominator is above 0. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** An expression as a tree. */
export type Expression =
  | { readonly kind: "number"; readonly text: string; readonly value: Fraction }
  | { readonly kind: "negative"; readonly of: Expression }
  | {
    readonly kind: "operation";
    readonly operator: Operator;
    readonly left: Expression;
    readonly right: Expression;
  };

/** A sign between two operands. */
export type Operator = "+" | "-" | "*" | "/";

/** Why a text has no value. */
export class ArithmeticError extends Error {
  override readonly name = "ArithmeticError";
}

/** Characters of a text. */
const MAX_CHARS = 200;

/** Parentheses and signs within each other. */
const MAX_DEPTH = 20;

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([-+*/()]))\s*/y;

const PRECEDENCE: Readonly<Record<Operator, number>> = { "+": 1, "-": 1, "*": 2, "/": 2 };

/**
 * Reads an expression; operators of one precedence are taken from the left.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { expressionText, parsedExpression } from "./arithmetic.ts";
 *
 * assert.equal(expressionText(parsedExpression("( 8-3 )-2*01.50")), "8 - 3 - 2 * 1.5");
 * ```
 *
 * @throws {ArithmeticError} If the text is not arithmetic, too long or too deep.
 */
export function parsedExpression(text: string): Expression {
  if (text.length > MAX_CHARS) {
    throw new ArithmeticError(`longer than ${MAX_CHARS} characters`);
  }
  const reader = new Reader(tokensOf(text));
  const expression = reader.sum(1, 0);
  if (reader.peek() !== undefined) throw notArithmetic();
  return expression;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw notArithmetic();
    tokens.push(match[1] ?? match[2]);
  }
  return tokens;
}

function notArithmetic(): ArithmeticError {
  return new ArithmeticError("not arithmetic: numbers, + - * / and parentheses are");
}

/** Reads tokens by precedence climbing. */
class Reader {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  /** Operands joined by operators that bind at least as strongly as `precedence`. */
  sum(precedence: number, depth: number): Expression {
    let left = this.#operand(depth);
    for (;;) {
      const operator = this.peek() as Operator;
      if (!(PRECEDENCE[operator] >= precedence)) return left;
      this.#next++;
      const right = this.sum(PRECEDENCE[operator] + 1, depth);
      left = { kind: "operation", operator, left, right };
    }
  }

  #operand(depth: number): Expression {
    if (depth > MAX_DEPTH) throw new ArithmeticError(`deeper than ${MAX_DEPTH} parentheses`);
    const token = this.#tokens[this.#next++];
    if (token === "-") return { kind: "negative", of: this.#operand(depth + 1) };
    if (token === "(") {
      const inner = this.sum(1, depth + 1);
      if (this.#tokens[this.#next++] !== ")") throw notArithmetic();
      return inner;
    }
    if (token === undefined || !/^\d/.test(token)) throw notArithmetic();
    return numberOf(token);
  }
}

function numberOf(token: string): Expression {
  const [whole, decimals = ""] = token.split(".");
  const value = fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
  const shortDecimals = decimals.replace(/0+$/, "");
  const text = `${BigInt(whole)}${shortDecimals === "" ? "" : `.${shortDecimals}`}`;
  return { kind: "number", text, value };
}

/** The expression in one spelling: with spaces around operators, and no parentheses that do nothing. */
export function expressionText(expression: Expression): string {
  return spelled(expression, 0);
}

/** @param precedence Weakest operator that may stand here without parentheses. */
function spelled(expression: Expression, precedence: number): string {
  if (expression.kind === "number") return expression.text;
  if (expression.kind === "negative") {
    const { of } = expression;
    // Two signs in a row would begin a comment in SQL, by whose tokens queries are compared.
    return of.kind === "number" ? `-${of.text}` : `-(${spelled(of, 0)})`;
  }
  const { operator, left, right } = expression;
  const own = PRECEDENCE[operator];
  const text = `${spelled(left, own)} ${operator} ${spelled(right, own + 1)}`;
  return own < precedence ? `(${text})` : text;
}

/** A value as a number is written: `7`, `-7/2`. */
export function fractionText({ numerator, denominator }: Fraction): string {
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`;
}

/** How many operators are in an expression; signs are none. */
export function operationCount(expression: Expression): number {
  if (expression.kind === "number") return 0;
  if (expression.kind === "negative") return operationCount(expression.of);
  return 1 + operationCount(expression.left) + operationCount(expression.right);
}

/**
 * The value of an expression.
 *
 * @throws {ArithmeticError} If it divides by zero.
 */
export function valueOf(expression: Expression): Fraction {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "negative") {
    const { numerator, denominator } = valueOf(expression.of);
    return { numerator: -numerator, denominator };
  }
  const { operator, left, right } = expression;
  return OPERATIONS[operator](valueOf(left), valueOf(right));
}

const OPERATIONS: Readonly<Record<Operator, (a: Fraction, b: Fraction) => Fraction>> = {
  "+": (a, b) =>
    fraction(
      a.numerator * b.denominator + b.numerator * a.denominator,
      a.denominator * b.denominator,
    ),
  "-": (a, b) =>
    fraction(
      a.numerator * b.denominator - b.numerator * a.denominator,
      a.denominator * b.denominator,
    ),
  "*": (a, b) => fraction(a.numerator * b.numerator, a.denominator * b.denominator),
  "/": (a, b) => fraction(a.numerator * b.denominator, a.denominator * b.numerator),
};

function fraction(numerator: bigint, denominator: bigint): Fraction {
  if (denominator === 0n) throw new ArithmeticError("division by zero");
  const sign = denominator < 0n ? -1n : 1n;
  const shared = greatestDivisor(numerator < 0n ? -numerator : numerator, denominator * sign);
  return { numerator: sign * numerator / shared, denominator: sign * denominator / shared };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
