/**
 * Operations told as a story: what someone has, and what becomes of it.
 *
 * @module
 */

import type { Rng } from "../../src/config/rng.ts";
import type { Operator } from "../../src/tasks/arithmetic.ts";
import type { Operation } from "./questions.ts";

const NAMES = ["Ada", "Ben", "Eva", "Jon", "Lea", "Mia", "Tom", "Uma"];
const THINGS = ["coins", "shells", "stamps", "cards", "pears", "beads", "nuts", "seeds"];

/** Ways to tell each operation. */
const TOLD: Readonly<Record<Operator, readonly ((operand: number) => string)[]>> = {
  "+": [(n) => `finds ${n} more`, (n) => `gets ${n}`, (n) => `buys ${n} more`],
  "-": [(n) => `loses ${n}`, (n) => `gives ${n} away`, (n) => `sells ${n}`],
  "*": [(n) => `makes it ${n} times as many`, (n) => `gets ${n} times as many`],
  "/": [(n) => `keeps one of ${n} equal parts`, (n) => `shares them among ${n}, one share is left`],
};

/** `Mia has 12 pears, finds 7 more, then loses 4. How many?` */
export function story(start: number, operations: readonly Operation[], rng: Rng): string {
  const told = operations.map(({ operator, operand }) => rng.pick(TOLD[operator])(operand));
  const events = told.map((event, n) => `${n === 0 ? "" : "then "}${event}`);
  return `${rng.pick(NAMES)} has ${start} ${rng.pick(THINGS)}, ${events.join(", ")}. How many now?`;
}
