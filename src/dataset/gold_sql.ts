/**
 * What the text of a gold SQL tells of its result, by SQLite's tokens; nothing is parsed.
 *
 * @module
 */

import { normalizedTokens } from "../sandbox/sql_text.ts";

/** Words that may stand before a parenthesis without being functions. */
const KEYWORDS = new Set(
  ("all and as between by case cast distinct else escape except exists filter from glob group having " +
    "in intersect is join like limit match materialized not offset on or order over partition recursive " +
    "regexp select then union using values when where window with").split(" "),
);

const CLOCK_WORDS = new Set(["current_date", "current_time", "current_timestamp"]);

/**
 * The functions that a statement calls, sorted, in lower case: names before a parenthesis that are no
 * keywords, and the words CURRENT_DATE, CURRENT_TIME and CURRENT_TIMESTAMP.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { functionsOf } from "./gold_sql.ts";
 *
 * const sql = "SELECT COUNT(*), Sum(price) FROM item WHERE id IN (SELECT max(id) FROM item)";
 * assert.deepEqual(functionsOf(sql), ["count", "max", "sum"]);
 * ```
 */
export function functionsOf(sql: string): string[] {
  const tokens = [...normalizedTokens(sql)];
  const isFunction = (token: string, index: number) =>
    CLOCK_WORDS.has(token) ||
    // A name after WITH and before a parenthesis is a table with its columns.
    tokens[index + 1] === "(" && /^[a-z_]\w*$/.test(token) && !KEYWORDS.has(token) &&
      !["with", "recursive"].includes(tokens[index - 1]);
  return [...new Set(tokens.filter(isFunction))].sort();
}

/** A statement whose outermost LIMIT cuts rows that are equal for its ORDER BY at random. */
export interface ShuffledTies {
  readonly sql: string;
  /** Whether the statement itself has an outermost ORDER BY. */
  readonly isOrdered: boolean;
}

/**
 * The statement with `random()` as the last term of its outermost ORDER BY, so that rows that tie at
 * LIMIT take turns. Fails to run where ORDER BY takes no such term, as in compound selects.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withShuffledTies } from "./gold_sql.ts";
 *
 * assert.deepEqual(withShuffledTies("SELECT name FROM item ORDER BY price DESC LIMIT 1"), {
 *   sql: "select name from item order by price desc , random() limit 1",
 *   isOrdered: true,
 * });
 * assert.equal(withShuffledTies("SELECT name FROM item ORDER BY price"), null);
 * ```
 *
 * @returns Null where there is no outermost LIMIT.
 */
export function withShuffledTies(sql: string): ShuffledTies | null {
  const tokens = [...normalizedTokens(sql)];
  const outermost = outermostOf(tokens);
  const limit = outermost.findLast((index) => tokens[index] === "limit");
  if (limit === undefined) return null;
  const isOrdered = outermost.some((index) =>
    index < limit && tokens[index] === "order" && tokens[index + 1] === "by"
  );
  const shuffled = tokens.toSpliced(limit, 0, isOrdered ? ", random()" : "order by random()");
  return { sql: shuffled.join(" "), isOrdered };
}

/** Indices of the tokens outside parentheses. */
function outermostOf(tokens: readonly string[]): number[] {
  const indices: number[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token === ")") depth--;
    if (depth === 0) indices.push(index);
    if (token === "(") depth++;
  }
  return indices;
}
