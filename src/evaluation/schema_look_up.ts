/**
 * Which tool calls look at the schema, and which tables they and the prompt show.
 *
 * @module
 */

import type { SqlRows, SqlValue } from "../sandbox/result_set.ts";
import type { Message } from "../trajectory/episode.ts";

/** A look at the schema. Table names are in lower case. */
export interface LookUp {
  /** Whether it is `SELECT * FROM t LIMIT k`, which shows values as well. */
  readonly isSample: boolean;
  readonly tables: readonly string[];
  /** Those of the tables whose columns it shows. */
  readonly columnsOf: readonly string[];
}

// A name as normalized SQL shows it: quoted, a string, or bare.
const NAME = String.raw`("(?:[^"]|"")*"|'(?:[^']|'')*'|[^\s()"']+)`;
const PRAGMA = new RegExp(
  String
    .raw`^(?:pragma (?:\S+ \. )?table_x?info (?:\(|=)|select .* from pragma_table_x?info \() ${NAME}`,
  "s",
);
const MASTER = /^select .* from (?:main \. )?"?sqlite_(?:master|schema)"?(?: |$)/s;
const SAMPLE = new RegExp(String.raw`^select \* from ${NAME} limit \d+$`);
const CREATE_TABLE = /^\s*create (?:virtual )?table\s+(?:if not exists\s+)?/i;

/**
 * What a query shows of the schema; null for a query that is no look-up or showed no table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { schemaLookUp } from "./schema_look_up.ts";
 *
 * const result = {
 *   kind: "rows", columns: ["name"], rows: [["id"]], truncated: false, elapsedMs: 0,
 * } as const;
 * assert.deepEqual(schemaLookUp("pragma table_info ( item )", result), {
 *   isSample: false, tables: ["item"], columnsOf: ["item"],
 * });
 * assert.equal(schemaLookUp("select id from item", result), null);
 * ```
 *
 * @param sql Normalized SQL.
 */
export function schemaLookUp(sql: string, result: SqlRows): LookUp | null {
  if (MASTER.test(sql)) return masterLookUp(result);
  const pragma = PRAGMA.exec(sql);
  // PRAGMA table_info gives no rows for a table that does not exist.
  if (pragma) return result.rows.length > 0 ? tableLookUp(pragma[1], false) : null;
  const sample = SAMPLE.exec(sql);
  return sample && tableLookUp(sample[1], true);
}

/** Tables whose columns the prompt lists, on lines that begin `CREATE TABLE name (` or `name(`. */
export function tablesInPrompt(prompt: readonly Message[]): Set<string> {
  const lines = prompt.flatMap(({ content }) => content.split("\n"));
  return new Set(lines.flatMap((line) => {
    const rest = line.replace(CREATE_TABLE, "");
    return rest.includes("(") ? nameAtStart(rest) ?? [] : [];
  }));
}

function tableLookUp(name: string, isSample: boolean): LookUp {
  const tables = [bareName(name)];
  return { isSample, tables, columnsOf: tables };
}

/** The tables of the rows: by their CREATE TABLE text, which shows columns, or by their names. */
function masterLookUp({ columns, rows }: SqlRows): LookUp | null {
  const created = rows.flatMap((row) => row.flatMap((cell) => createdTable(cell) ?? []));
  const nameColumn = columns.findIndex((column) => /^(tbl_)?name$/i.test(column));
  const named = rows.flatMap((row) => typeof row[nameColumn] === "string" ? row[nameColumn] : []);
  const tables = [...created, ...named.map((name) => name.toLowerCase())];
  return tables.length > 0 ? { isSample: false, tables, columnsOf: created } : null;
}

function createdTable(cell: SqlValue): string | null {
  const start = typeof cell === "string" ? CREATE_TABLE.exec(cell) : null;
  return start && nameAtStart(start.input.slice(start[0].length));
}

/** The name that a text begins with, in lower case and without quotes. */
function nameAtStart(text: string): string | null {
  const match = /^(?:"[^"]*"|`[^`]*`|\[[^\]]*\]|'[^']*'|[^\s("`[]+)/.exec(text);
  return match && bareName(match[0]);
}

function bareName(name: string): string {
  return (/^["'`[]/.test(name) ? name.slice(1, -1) : name).toLowerCase();
}
