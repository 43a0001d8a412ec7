/**
 * What SQL is made of, told from its tokens; nothing is parsed.
 *
 * @module
 */

import { normalizedTokens } from "../sandbox/sql_text.ts";

/** Features that a gold SQL is grouped by; {@linkcode sqlFeatures} has their rules. */
export const SQL_FEATURES = [
  "join",
  "aggregation",
  "grouping",
  "nesting",
  "set_operation",
  "ordering",
  "limit",
  "date_function",
] as const;

/** A name in {@linkcode SQL_FEATURES}. */
export type SqlFeature = typeof SQL_FEATURES[number];

/**
 * The features of a query, wherever in it they are. Strings, quoted names and comments have none.
 *
 * - `join`: the word JOIN, or a comma between the tables of a FROM.
 * - `aggregation`: a call of an aggregate function that no OVER follows; MIN and MAX of several values
 *   are no aggregates.
 * - `grouping`: GROUP BY. `ordering`: ORDER BY, also of a window. `limit`: LIMIT.
 * - `nesting`: a SELECT within parentheses, which common table expressions have as well.
 * - `set_operation`: UNION, INTERSECT or EXCEPT.
 * - `date_function`: a call of SQLite's date and time functions, or CURRENT_DATE and its like.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sqlFeatures } from "./sql_features.ts";
 *
 * assert.deepEqual(
 *   sqlFeatures("SELECT count(*) FROM a, b WHERE a.id = (SELECT max(id, 2) FROM c)"),
 *   ["join", "aggregation", "nesting"],
 * );
 * ```
 *
 * @returns In the order of {@linkcode SQL_FEATURES}.
 */
export function sqlFeatures(sql: string): SqlFeature[] {
  const tokens = [...normalizedTokens(sql)];
  const found = new Set<SqlFeature>();
  let depth = 0;
  /** For each open parenthesis, and the outside, whether its list of tables is being read. */
  const isInFrom = [false];
  tokens.forEach((token, index) => {
    const feature = featureAt(tokens, index);
    if (feature !== undefined) found.add(feature);
    if (token === "(") {
      // Tables may be in parentheses, but those behind a name hold arguments.
      isInFrom[depth + 1] = isInFrom[depth] && /^(?:from|join|,|\()$/.test(tokens[index - 1]);
      depth++;
    } else if (token === ")") depth--;
    else if (token === "select" && depth > 0) found.add("nesting");
    else if (token === "," && isInFrom[depth]) found.add("join");
    if (token === "from") isInFrom[depth] = tokens[index - 1] !== "distinct"; // IS DISTINCT FROM
    else if (FROM_ENDS.has(token)) isInFrom[depth] = false;
  });
  return SQL_FEATURES.filter((feature) => found.has(feature));
}

/** Whether the order of a query's rows is set: by an ORDER BY outside of all parentheses. */
export function ordersRows(sql: string): boolean {
  let depth = 0;
  let previous = "";
  for (const token of normalizedTokens(sql)) {
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (depth === 0 && previous === "order" && token === "by") return true;
    previous = token;
  }
  return false;
}

const FROM_ENDS = new Set(
  "select where group order having limit window union intersect except".split(" "),
);
const FEATURE_OF_WORD: ReadonlyMap<string, SqlFeature> = new Map([
  ["join", "join"],
  ["limit", "limit"],
  ["union", "set_operation"],
  ["intersect", "set_operation"],
  ["except", "set_operation"],
  ["current_date", "date_function"],
  ["current_time", "date_function"],
  ["current_timestamp", "date_function"],
]);
const FEATURE_BEFORE_BY: ReadonlyMap<string, SqlFeature> = new Map([
  ["group", "grouping"],
  ["order", "ordering"],
]);
const AGGREGATES = new Set("avg count group_concat max min string_agg sum total".split(" "));
const DATE_FUNCTIONS = new Set(
  "date datetime julianday strftime time timediff unixepoch".split(" "),
);

/** The feature that a token begins, as far as its neighbours tell. */
function featureAt(tokens: readonly string[], index: number): SqlFeature | undefined {
  const token = tokens[index];
  const next = tokens[index + 1];
  if (next === "by") return FEATURE_BEFORE_BY.get(token);
  if (next === "(" && DATE_FUNCTIONS.has(token)) return "date_function";
  if (next === "(" && AGGREGATES.has(token) && isAggregate(tokens, index)) return "aggregation";
  return FEATURE_OF_WORD.get(token);
}

/** Whether a call of an aggregate function's name, at its place, aggregates rows. */
function isAggregate(tokens: readonly string[], index: number): boolean {
  let depth = 0;
  let argumentCount = 1;
  for (let i = index + 1; i < tokens.length; i++) {
    if (tokens[i] === "(") depth++;
    else if (tokens[i] === "," && depth === 1) argumentCount++;
    else if (tokens[i] === ")" && --depth === 0) {
      return tokens[i + 1] !== "over" && !(argumentCount > 1 && /^m(?:ax|in)$/.test(tokens[index]));
    }
  }
  return false;
}
