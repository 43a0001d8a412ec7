/**
 * A clock that stands still for SQL: `date('now')`, CURRENT_TIMESTAMP and their kin give one time in
 * every run, so a verdict does not depend on the day of the evaluation.
 *
 * Not covered: a 'now' that the statement computes (`'n' || 'ow'`), reads from a column or finds in a
 * view. Such a statement runs, on the machine's clock.
 *
 * @module
 */

import type { SqlValue } from "./result_set.ts";
import { normalizedTokens } from "./sql_text.ts";

/** The time at which the clock of SQL stands unless told otherwise: the day of BIRD's dev release. */
export const DEFAULT_NOW = "2024-06-27T00:00:00Z";

/** SQLite's date functions: how many arguments stand before the time, and how many times there are. */
const DATE_FUNCTIONS: ReadonlyMap<string, { readonly first: number; readonly times: number }> =
  new Map([
    ["date", { first: 0, times: 1 }],
    ["time", { first: 0, times: 1 }],
    ["datetime", { first: 0, times: 1 }],
    ["julianday", { first: 0, times: 1 }],
    ["unixepoch", { first: 0, times: 1 }],
    ["strftime", { first: 1, times: 1 }],
    ["timediff", { first: 0, times: 2 }],
  ]);

const CURRENT: ReadonlyMap<string, string> = new Map([
  ["current_date", "date"],
  ["current_time", "time"],
  ["current_timestamp", "datetime"],
]);

// As a time, `subsec` is 'now' with milliseconds.
const NOW = /^(?:now|(subsec(?:ond)?))$/i;
const MAY_READ_CLOCK = /current_|date|time|julianday|unixepoch/i;

/**
 * The time as SQLite writes it, UTC with milliseconds; null for `system`, the machine's own clock.
 *
 * @throws {RangeError} If it is neither `system` nor an ISO time.
 */
export function pinnedTime(now: string): string | null {
  if (now === "system") return null;
  const time = new Date(now);
  if (!Number.isNaN(time.valueOf())) return time.toISOString().slice(0, -1).replace("T", " ");
  throw new RangeError(
    `Cannot pin the clock of SQL as 'now' must be "system" or an ISO time: current value is "${now}"`,
  );
}

/**
 * Whether a statement asks for the time, as far as its text tells: CURRENT_DATE and the like, a date
 * function without its time, or a date function somewhere and the string 'now' somewhere.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readsClock } from "./pinned_now.ts";
 *
 * assert.equal(readsClock("SELECT strftime('%Y', CURRENT_TIMESTAMP)"), true);
 * assert.equal(readsClock("SELECT strftime('%Y', birthday) FROM singer"), false);
 * ```
 */
export function readsClock(sql: string): boolean {
  if (!MAY_READ_CLOCK.test(sql)) return false;
  const tokens = [...normalizedTokens(sql)];
  const names = tokens.map((token) => token.replace(/^(["'])(.*)\1$/s, "$2").toLowerCase());
  const calls = [...names.keys()].filter((i) =>
    DATE_FUNCTIONS.has(names[i]) && tokens[i + 1] === "("
  );
  return tokens.some((token) => CURRENT.has(token)) ||
    calls.length > 0 && names.some((name) => NOW.test(name)) ||
    calls.some((i) => argumentCount(tokens, i + 2) <= DATE_FUNCTIONS.get(names[i])!.first);
}

/**
 * Functions to put in front of SQLite's own, by SQL name, that take `time` for 'now'.
 *
 * @param original Calls SQLite's own function of a name.
 */
export function pinnedFunctions(
  time: string,
  original: (name: string, cells: readonly SqlValue[]) => SqlValue,
): Readonly<Record<string, (...cells: SqlValue[]) => SqlValue>> {
  const dates = [...DATE_FUNCTIONS].map(([name, { first, times }]) => {
    return [name, (...cells: SqlValue[]) => original(name, pinned(cells, first, times, time))];
  });
  const keywords = [...CURRENT].map(([keyword, name]) => [keyword, () => original(name, [time])]);
  return Object.fromEntries([...dates, ...keywords]);
}

function pinned(
  cells: readonly SqlValue[],
  first: number,
  times: number,
  time: string,
): readonly SqlValue[] {
  if (cells.length === first) return [...cells, time];
  const replaced = [...cells];
  for (let i = first; i < first + times; i++) {
    const [isNow, subsecond] = NOW.exec(String(cells[i])) ?? [];
    if (isNow) replaced[i] = time;
    if (subsecond) replaced.push("subsec");
  }
  return replaced;
}

/** How many arguments a call has, from the token after its bracket on. */
function argumentCount(tokens: readonly string[], start: number): number {
  if (tokens[start] === ")") return 0;
  let commas = 0;
  let depth = 0;
  for (let i = start; i < tokens.length && depth >= 0; i++) {
    if (tokens[i] === "(") depth++;
    else if (tokens[i] === ")") depth--;
    else if (tokens[i] === "," && depth === 0) commas++;
  }
  return commas + 1;
}
