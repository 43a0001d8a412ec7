/**
 * The texts that BIRD and Spider publish, checked and typed: question files (JSON or JSON lines) and
 * `*tables.json`. Takes texts, not files; every error names the file that the text came from.
 *
 * @module
 */

import { z } from "zod";
import type { Difficulty } from "./example.ts";

/** A question as published, not yet joined with its database. */
export interface Question {
  /** BIRD's question_id, or the position in the file where there is none (BIRD train, Spider). */
  readonly id: string;
  readonly databaseId: string;
  readonly question: string;
  readonly evidence: string;
  readonly goldSql: string;
  readonly difficulty: Difficulty | null;
}

/** What `*_tables.json` says of one database: `tables[i]` has the columns `columns[i]`. */
export interface ListedDatabase {
  readonly id: string;
  readonly tables: readonly string[];
  readonly columns: readonly (readonly string[])[];
}

const QUESTION = z.object({
  question_id: z.union([z.int(), z.string().min(1)]).optional(),
  db_id: z.string().min(1),
  question: z.string().min(1),
  evidence: z.string().nullish(),
  SQL: z.string().min(1),
  difficulty: z.enum(["simple", "moderate", "challenging"]).nullish(),
});

/** Spider calls the gold SQL `query`. */
const SPIDER_QUESTION = QUESTION.omit({ SQL: true }).extend({ query: z.string().min(1) })
  .transform(({ query, ...fields }) => ({ ...fields, SQL: query }));

const LISTED_DATABASE = z.object({
  db_id: z.string().min(1),
  table_names_original: z.array(z.string()),
  column_names_original: z.array(z.tuple([z.int(), z.string()])),
});

/**
 * The questions of a question file of BIRD or Spider.
 *
 * @example BIRD train has neither ids nor difficulties
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseQuestions } from "./bird_format.ts";
 *
 * const text = '[{"db_id": "shop", "question": "How many?", "evidence": "", "SQL": "SELECT 1"}]';
 * const [question] = parseQuestions(text, "train.json");
 * assert.equal(question.id, "0");
 * assert.equal(question.difficulty, null);
 * ```
 *
 * @param text A JSON array of questions, or one question a line; the text tells which, as files of
 * either kind go by either ending.
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If the text is not JSON, with the line.
 * @throws {TypeError} If a field is missing or wrong, with its index and question_id.
 * @throws {RangeError} If two questions have the same question_id.
 */
export function parseQuestions(text: string, file: string): Question[] {
  const entries = isLines(text) ? parsedLines(text, file) : parsedArray(text, file);
  const questions = entries.map((entry, index) => question(entry, index, file));
  refuseRepeatedIds(questions, file);
  return questions;
}

/**
 * The databases of a `*_tables.json` file (Spider's format).
 *
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If the text is not JSON, with the line.
 * @throws {TypeError} If a field is missing or wrong, with the index and db_id.
 */
export function parseTables(text: string, file: string): ListedDatabase[] {
  return parsedArray(text, file).map((entry, index) => {
    const listed = checked(
      LISTED_DATABASE,
      entry,
      `database ${index}${named(entry, "db_id")}`,
      file,
    );
    const columns: string[][] = listed.table_names_original.map(() => []);
    // Entry [-1, "*"] belongs to no table.
    for (const [table, column] of listed.column_names_original) columns[table]?.push(column);
    return { id: listed.db_id, tables: listed.table_names_original, columns };
  });
}

/**
 * JSON with the line of a mistake in the message.
 *
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If the text is not JSON.
 */
export function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    // V8 gives the line of most mistakes, not of an unexpected token.
    const line = /\(line (\d+) column/.exec(message)?.[1] ?? mistakeLine(text);
    throw unreadable(file, Number(line), message);
  }
}

function unreadable(file: string, line: number, message: string): SyntaxError {
  // V8 repeats a piece of the text, or the position.
  const reason = message.split(", ")[0].replace(/( in JSON| after JSON)? at position.*$/s, "");
  return new SyntaxError(`Cannot read ${file} as it must be JSON: line ${line}: ${reason}`);
}

/** The first line that no further text could turn into JSON, or the last line. */
function mistakeLine(text: string): number {
  const lines = text.split("\n");
  let low = 1;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBeginning(lines.slice(0, middle).join("\n").trimEnd())) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether JSON.parse finds nothing wrong before the end of the text. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    return message.startsWith("Unexpected end") || Number(position) >= text.length;
  }
}

function parsedArray(text: string, file: string): unknown[] {
  const entries = parsedJson(text, file);
  if (Array.isArray(entries)) return entries;
  throw new TypeError(`Cannot read ${file} as it must be a JSON array: found ${kindOf(entries)}`);
}

/** Whether the first line is an object of its own. */
function isLines(text: string): boolean {
  return /^\s*\{.*\}[^\S\n]*(\n|$)/.test(text);
}

/** The values of JSON lines; blank lines are skipped. */
export function parsedLines(text: string, file: string): unknown[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line)];
    } catch (error) {
      throw unreadable(file, index + 1, (error as Error).message);
    }
  });
}

function question(entry: unknown, index: number, file: string): Question {
  const what = `question ${index}${named(entry, "question_id")}`;
  const fields = checked(isSpiders(entry) ? SPIDER_QUESTION : QUESTION, entry, what, file);
  return {
    id: String(fields.question_id ?? index),
    databaseId: fields.db_id,
    question: fields.question,
    evidence: fields.evidence ?? "",
    goldSql: fields.SQL,
    difficulty: fields.difficulty ?? null,
  };
}

function isSpiders(entry: unknown): boolean {
  return typeof entry === "object" && entry !== null && "query" in entry && !("SQL" in entry);
}

function refuseRepeatedIds(questions: readonly Question[], file: string): void {
  const positions = new Map<string, number>();
  questions.forEach(({ id }, index) => {
    const earlier = positions.get(id);
    if (earlier !== undefined) {
      throw new RangeError(
        `Cannot read ${file} as question_ids must differ: ` +
          `questions ${earlier} and ${index} are both ${id}`,
      );
    }
    positions.set(id, index);
  });
}

function checked<T>(schema: z.ZodType<T>, entry: unknown, what: string, file: string): T {
  const result = schema.safeParse(entry);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  const field = path.length ? `"${path.join(".")}"` : "the entry";
  throw new TypeError(`Cannot read ${what} of ${file} as ${field} is wrong: ${message}`);
}

function named(entry: unknown, field: string): string {
  const value = (entry as Record<string, unknown> | null)?.[field];
  return value === undefined ? "" : ` (${field} ${value})`;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
