/**
 * What can be told of SQL from its text alone, by SQLite's rules for tokens; nothing is parsed.
 *
 * @module
 */

/** What a statement does, by its leading keywords. */
export type StatementKind = "blank" | "select" | "pragma" | "explain" | "write" | "other";

interface Token {
  readonly kind: "space" | "comment" | "quotedName" | "string" | "word" | "other";
  readonly text: string;
}

// Alternatives follow sqlite3GetToken(): an unclosed comment runs to the end, quotes are doubled to
// escape them, brackets cannot be escaped, and characters above ASCII belong to words.
const TOKEN = new RegExp(
  [
    /(?<space>[ \t\n\f\r\uFEFF]+)/,
    /(?<comment>--[^\n]*|\/\*[^]*?(?:\*\/|$))/,
    /(?<quotedName>"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\])/,
    /(?<string>'[^']*(?:''[^']*)*')/,
    /(?<word>[xX]'[^']*'|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[\w$]*|[\w$\u0080-\uFFFF]+)/,
    /(?<other>["`['][^]*|->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[^])/,
  ].map((part) => part.source).join("|"),
  "g",
);

const WRITES = new Set(
  ["insert", "update", "delete", "replace", "create", "drop", "alter", "reindex", "analyze"],
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
  const texts = meaningfulTokens(sql).map(normalizedToken);
  while (texts.at(-1) === ";") texts.pop();
  return texts.join(" ");
}

/** What a statement does; of several statements, the first. A CTE counts as what it leads to. */
export function statementKind(sql: string): StatementKind {
  const texts = meaningfulTokens(sql).map(normalizedToken).filter(skipLeading(";"));
  const verb = texts[0] === "with" ? verbAfterCte(texts) : texts[0];
  if (verb === undefined) return "blank";
  if (verb === "select" || verb === "values") return "select";
  if (verb === "pragma" || verb === "explain") return verb;
  return WRITES.has(verb) ? "write" : "other";
}

/** Whether there is no statement at all: only space, comments and semicolons. */
export function isBlank(sql: string): boolean {
  return meaningfulTokens(sql).every((token) => token.text === ";");
}

/**
 * Whether anything but space and comments follows the first statement, a second semicolon included:
 * the rule by which Python's sqlite3, and so BIRD, refuses a string.
 */
export function holdsSeveralStatements(sql: string): boolean {
  const texts = meaningfulTokens(sql).map((token) => token.text).filter(skipLeading(";"));
  const end = texts.indexOf(";");
  return end !== -1 && end < texts.length - 1;
}

function meaningfulTokens(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const match of sql.matchAll(TOKEN)) {
    const [kind, text] = Object.entries(match.groups!).find(([, text]) => text !== undefined)!;
    if (kind !== "space" && kind !== "comment") tokens.push({ kind, text } as Token);
  }
  return tokens;
}

function normalizedToken({ kind, text }: Token): string {
  if (kind === "word") return text.toLowerCase();
  if (kind === "quotedName") return `"${unquotedName(text).replaceAll('"', '""')}"`;
  return text;
}

function unquotedName(text: string): string {
  const quote = text[0];
  const inner = text.slice(1, -1);
  return quote === "[" ? inner : inner.replaceAll(quote + quote, quote);
}

function verbAfterCte(texts: readonly string[]): string | undefined {
  let depth = 0;
  for (const text of texts) {
    if (text === "(") depth++;
    else if (text === ")") depth--;
    else if (depth === 0 && (text === "select" || text === "values" || WRITES.has(text))) {
      return text;
    }
  }
  return "with";
}

function skipLeading(skipped: string): (text: string) => boolean {
  let isLeading = true;
  return (text) => {
    isLeading &&= text === skipped;
    return !isLeading;
  };
}
