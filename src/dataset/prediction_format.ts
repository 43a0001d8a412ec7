/**
 * The texts that predicted SQL is published in, read as the official code reads them (`package_sqls`
 * of mini_dev's `evaluation_utils.py`), and the forms that others write.
 *
 * @module
 */

import { parsedJson, parsedLines } from "./bird_format.ts";

/** One entry of a prediction file. */
export interface Prediction {
  /** Exactly as written; a space, as in the official code, where the entry is no string. */
  readonly sql: string;
  /** The database that the file names; null where it names none. */
  readonly databaseId: string | null;
  /** The key in an object of strings, or the `question_id`; null where there is neither. */
  readonly id: string | null;
}

/** The entries of a prediction file, in file order. */
export interface PredictionFile {
  readonly predictions: readonly Prediction[];
  /** Whether ids are `question_id`s by their field's name; BIRD's keys may be mere positions. */
  readonly hasQuestionIds: boolean;
  /** What looks wrong, for people to see before the score. */
  readonly warnings: readonly string[];
}

const SEPARATOR = "\t----- bird -----\t";

/** Fields that hold the predicted SQL; where several are there, the first of these counts. */
const SQL_FIELDS = ["predicted_sql", "prediction", "sql", "query", "SQL"];

/** An entry before its SQL is looked at. */
interface Entry {
  readonly value: unknown;
  readonly id?: string | null;
  readonly databaseId?: string | null;
}

/**
 * The predictions of a file. The ending tells `.sql` and `.txt` (a line `SQL` or `SQL<tab>database`
 * each) from JSON; JSON is an object `{"0": "SQL\t----- bird -----\tdatabase"}`, a list of such
 * strings, or a list or lines of objects with the SQL in one of `predicted_sql`, `prediction`, `sql`,
 * `query` or `SQL`, and maybe `question_id` and `db_id`.
 *
 * As in the official code a string without the separator, or with two, is SQL as a whole, without its
 * outer space; an entry that is not a string is a space; a repeated key keeps its first place and its
 * last value.
 *
 * @example Keys do not order predictions
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePredictions } from "./prediction_format.ts";
 *
 * const text = '{"1": "SELECT 1\\t----- bird -----\\tshop", "0": " SELECT 0 "}';
 * assert.deepEqual(parsePredictions(text, "predictions.json").predictions, [
 *   { sql: "SELECT 1", databaseId: "shop", id: "1" },
 *   { sql: "SELECT 0", databaseId: null, id: "0" },
 * ]);
 * ```
 *
 * @param file Path or name of the file, for its ending and for error messages.
 * @throws {SyntaxError} If the text is not JSON, with the line.
 * @throws {TypeError} If it holds no predictions, with the entry.
 */
export function parsePredictions(text: string, file: string): PredictionFile {
  if (/\.(sql|txt)$/i.test(file)) return predictionFile(lineEntries(text));
  const content = isJsonLines(text, file) ? parsedLines(text, file) : parsedJson(text, file);
  if (typeof content !== "object" || content === null) {
    throw new TypeError(
      `Cannot read predictions of ${file} as they must be a JSON object or list: found ${typeof content}`,
    );
  }
  if (Array.isArray(content)) {
    const entries = content.map((entry, index) => listEntry(entry, index, file));
    return {
      ...predictionFile(entries),
      hasQuestionIds: entries.some(({ id }) => typeof id === "string"),
    };
  }
  for (const [key, entry] of Object.entries(content)) refuseNested(entry, key, file);
  return objectFile(text);
}

/** A `.jsonl` file may hold a list all the same. */
function isJsonLines(text: string, file: string): boolean {
  return /\.jsonl$/i.test(file) && !text.trimStart().startsWith("[");
}

function predictionFile(entries: readonly Entry[]): PredictionFile {
  const isOther = ({ value }: Entry) => typeof value !== "string";
  const first = entries.findIndex(isOther);
  return {
    predictions: entries.map(prediction),
    hasQuestionIds: false,
    warnings: first < 0 ? [] : [
      `${entries.filter(isOther).length} predictions are not strings and count as empty SQL: ` +
      `prediction ${first} is ${JSON.stringify(entries[first].value)}`,
    ],
  };
}

function prediction(entry: Entry): Prediction {
  const { value, id = null, databaseId = null } = entry;
  if (typeof value !== "string") return { sql: " ", databaseId, id };
  const parts = value.split(SEPARATOR);
  // The official code takes the database of such an entry to be "financial", and never uses it.
  if (parts.length !== 2) return { sql: value.trim(), databaseId, id };
  return { sql: parts[0], databaseId: databaseId ?? parts[1], id };
}

/** An empty line is an empty prediction, so that the others keep their positions. */
function lineEntries(text: string): Entry[] {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  // A tab may also stand between words of the SQL; a database's name is a single word after the last.
  return lines.map((line) => {
    const [, sql, databaseId] = /^(.*)\t([^\s;()'"`]+)\s*$/.exec(line) ?? [];
    return sql === undefined || line.includes(SEPARATOR)
      ? { value: line }
      : { value: sql, databaseId };
  });
}

function listEntry(entry: unknown, index: number, file: string): Entry {
  if (typeof entry !== "object" || entry === null) return { value: entry };
  const fields = entry as Readonly<Record<string, unknown>>;
  const name = SQL_FIELDS.find((field) => field in fields);
  if (Array.isArray(entry) || name === undefined) {
    throw new TypeError(
      `Cannot read prediction ${index} of ${file} as it must be a string or have one of ${
        SQL_FIELDS.join(", ")
      }: found ${JSON.stringify(entry).slice(0, 60)}`,
    );
  }
  const { question_id: id, db_id: databaseId } = fields;
  return {
    value: fields[name],
    id: id === undefined || id === null ? null : String(id),
    databaseId: typeof databaseId === "string" ? databaseId : null,
  };
}

function refuseNested(entry: unknown, key: string, file: string): void {
  if (typeof entry !== "object" || entry === null) return;
  throw new TypeError(
    `Cannot read prediction "${key}" of ${file} as it must be a string: found ${
      JSON.stringify(entry).slice(0, 60)
    }`,
  );
}

/**
 * The entries of a flat JSON object as the file orders them. JavaScript objects put keys like "10"
 * in numeric order, so the text itself is walked; it is known to be JSON without nesting.
 */
function objectFile(text: string): PredictionFile {
  const string = String.raw`"(?:[^"\\]|\\.)*"`;
  const entry = new RegExp(String.raw`(${string})\s*:\s*(${string}|[^\s,}]+)`, "g");
  // A repeated key keeps its first place and its last value, as in Python's json.
  const values = new Map<string, unknown>();
  const repeated: string[] = [];
  for (const [, key, value] of text.matchAll(entry)) {
    const id: string = JSON.parse(key);
    if (values.has(id)) repeated.push(id);
    values.set(id, JSON.parse(value));
  }
  const file = predictionFile(Array.from(values, ([id, value]) => ({ id, value })));
  if (repeated.length === 0) return file;
  return {
    ...file,
    warnings: [
      `${repeated.length} predictions repeat a key, of which the last value counts: key ` +
      `"${repeated[0]}" is repeated`,
      ...file.warnings,
    ],
  };
}
