/**
 * SQLite's mathematical functions, which Python's SQLite has and Deno's is built without.
 *
 * Source: sqlite.org/lang_mathfunc.html. NULL where an argument is not a number or looks like none,
 * and where the result is not a number.
 *
 * @module
 */

import type { SqlValue } from "./result_set.ts";

type SqlFunction = (...cells: SqlValue[]) => SqlValue;

/** The functions by SQL name, each with as many parameters as in SQL; they take INTEGER as bigint. */
export const MATH_FUNCTIONS: Readonly<Record<string, SqlFunction>> = {
  acos: (x) => real(Math.acos, x),
  acosh: (x) => real(Math.acosh, x),
  asin: (x) => real(Math.asin, x),
  asinh: (x) => real(Math.asinh, x),
  atan: (x) => real(Math.atan, x),
  atan2: (y, x) => real(Math.atan2, y, x),
  atanh: (x) => real(Math.atanh, x),
  ceil: (x) => rounded(Math.ceil, x),
  ceiling: (x) => rounded(Math.ceil, x),
  cos: (x) => real(Math.cos, x),
  cosh: (x) => real(Math.cosh, x),
  degrees: (x) => real((radians) => radians * (180 / Math.PI), x),
  exp: (x) => real(Math.exp, x),
  floor: (x) => rounded(Math.floor, x),
  ln: (x) => real(ofPositive(Math.log), x),
  log10: (x) => real(ofPositive(Math.log10), x),
  log2: (x) => real(ofPositive(Math.log2), x),
  mod: (dividend, divisor) => real((a, b) => a % b, dividend, divisor),
  pi: () => Math.PI,
  pow: (base, exponent) => real(Math.pow, base, exponent),
  power: (base, exponent) => real(Math.pow, base, exponent),
  radians: (x) => real((degrees) => degrees * (Math.PI / 180), x),
  sin: (x) => real(Math.sin, x),
  sinh: (x) => real(Math.sinh, x),
  sqrt: (x) => real(Math.sqrt, x),
  tan: (x) => real(Math.tan, x),
  tanh: (x) => real(Math.tanh, x),
  trunc: (x) => rounded(Math.trunc, x),
};

/** `log(x)`, to base 10, and `log(base, x)`. */
export function log(...cells: SqlValue[]): SqlValue {
  return cells.length === 1 ? real(ofPositive(Math.log10), cells[0]) : real(logToBase, ...cells);
}

function logToBase(base: number, x: number): number {
  return base > 1 ? ofPositive(Math.log)(x) / Math.log(base) : NaN;
}

function ofPositive(compute: (x: number) => number): (x: number) => number {
  return (x) => x > 0 ? compute(x) : NaN;
}

function real(compute: (...numbers: number[]) => number, ...cells: SqlValue[]): number | null {
  const result = compute(...cells.map((cell) => Number(numeric(cell) ?? NaN)));
  return Number.isNaN(result) ? null : result;
}

function rounded(compute: (x: number) => number, cell: SqlValue): bigint | number | null {
  const number = numeric(cell);
  return typeof number === "number" ? compute(number) : number;
}

/** The number that a cell is or, as text, looks like; null when it is none. */
function numeric(cell: SqlValue): bigint | number | null {
  if (typeof cell !== "string") return cell instanceof Uint8Array ? null : cell;
  const text = cell.trim();
  if (/^[+-]?\d{1,18}$/.test(text)) return BigInt(text.replace("+", ""));
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}
