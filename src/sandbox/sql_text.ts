/**
 * What can be told of SQL from its text alone, by SQLite's rules for tokens; nothing is parsed.
 *
 * @module
 */

// Alternatives follow sqlite3GetToken(): an unclosed comment runs to the end, quotes are doubled to
// escape them, brackets cannot be escaped, and characters above ASCII belong to words.
const TOKEN = new RegExp(
  [
    /([ \t\n\f\r\uFEFF]+|--[^\n]*|\/\*[^]*?(?:\*\/|$))/, // space and comments
    /([xX]'[^']*'|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[\w$]*|[\w$\u0080-\uFFFF]+)/, // words and numbers
    /("[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\])/, // quoted names
    /'[^']*(?:''[^']*)*'/,
    /["`['][^]*|->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[^]/, // an unclosed quote, operators
  ].map((part) => part.source).join("|"),
  "g",
);

/**
 * The level-1 normal form N(q): comments and trailing semicolons removed, one space between tokens,
 * keywords and unquoted names in lower case, all name quotes as `"`. Two queries with the same form do
 * the same; the form is a key to compare, not a text to show.
 *
 * Quoted names keep their case, because SQLite reads `"Alice"` as a string where no column has the name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { normalizedSql } from "./sql_text.ts";
 *
 * assert.equal(normalizedSql("SELECT  [Name] FROM T -- all\n;"), 'select "Name" from t');
 * ```
 */
export function normalizedSql(sql: string): string {
  const tokens = [...normalizedTokens(sql)];
  while (tokens.at(-1) === ";") tokens.pop();
  return tokens.join(" ");
}

/** Whether there is no statement at all: only space, comments and semicolons. */
export function isBlank(sql: string): boolean {
  return normalizedTokens(sql).every((token) => token === ";");
}

/**
 * Whether anything but space and comments follows the first statement, a second semicolon included:
 * the rule by which Python's sqlite3, and so BIRD, refuses a string.
 */
export function holdsSeveralStatements(sql: string): boolean {
  if (!sql.includes(";")) return false;
  let hasBegun = false;
  let hasEnded = false;
  for (const token of normalizedTokens(sql)) {
    if (hasEnded) return true;
    hasBegun ||= token !== ";";
    hasEnded = hasBegun && token === ";";
  }
  return false;
}

/** The tokens without space and comments, in normal form; joined by spaces they do the same as the SQL. */
export function* normalizedTokens(sql: string): Generator<string, undefined> {
  for (const [token, skipped, word, quotedName] of sql.matchAll(TOKEN)) {
    if (skipped !== undefined) continue;
    if (word !== undefined) yield word.toLowerCase();
    else if (quotedName !== undefined) yield `"${unquotedName(token).replaceAll('"', '""')}"`;
    else yield token;
  }
}

function unquotedName(text: string): string {
  const quote = text[0];
  const inner = text.slice(1, -1);
  return quote === "[" ? inner : inner.replaceAll(quote + quote, quote);
}
