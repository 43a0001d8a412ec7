/**
 * Gold SQL with the databases that it is for: of our fixtures, and of BIRD and Spider where their data
 * is at hand. Where BIRD has a schema only, its tables are made anew, without rows.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { BIRD } from "../dataset/real_bird.ts";

/** Gold statements of one database file. */
export interface GoldQueries {
  readonly path: string;
  readonly statements: readonly string[];
}

interface Question {
  readonly db_id: string;
  readonly SQL?: string;
  readonly query?: string;
}

interface Tables {
  readonly db_id: string;
  readonly table_names_original: readonly string[];
  readonly column_names_original: readonly (readonly [table: number, name: string])[];
}

/** Golds of questions by database. */
export function goldsIn(
  questionFile: string,
  pathOf: (databaseId: string) => string,
): GoldQueries[] {
  const questions = readJson(questionFile) as Question[];
  const byDatabase = Map.groupBy(questions, ({ db_id }) => db_id);
  return [...byDatabase].map(([id, group]) => ({
    path: pathOf(id),
    statements: group.map(({ SQL, query }) => (SQL ?? query)!),
  }));
}

/** BIRD's train golds, on empty tables below `folder`. */
export function trainGolds(folder: string): GoldQueries[] {
  const schemas = readJson(`${BIRD}/train/train_schemas_ddl.json`) as Record<string, string>;
  for (const [id, ddl] of Object.entries(schemas)) makeTables(`${folder}/${id}.sqlite`, ddl);
  return goldsIn(`${BIRD}/train/train.json`, (id) => `${folder}/${id}.sqlite`);
}

/** Golds of the dev databases whose data is not at hand, on empty tables below `folder`. */
export function otherDevGolds(folder: string): GoldQueries[] {
  const other = `${BIRD}/dev_20240627/other_databases`;
  for (const tables of readJson(`${other}/dev_tables.json`) as Tables[]) {
    makeTables(`${folder}/${tables.db_id}.sqlite`, ddlOf(tables));
  }
  return goldsIn(`${other}/dev.json`, (id) => `${folder}/${id}.sqlite`);
}

function ddlOf({ table_names_original, column_names_original }: Tables): string {
  return table_names_original.map((table, i) => {
    const names = column_names_original.filter(([owner]) => owner === i).map(([, name]) => name);
    return `CREATE TABLE ${quoted(table)} (${names.map(quoted)})`;
  }).join(";\n");
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function makeTables(path: string, ddl: string): void {
  const database = new DatabaseSync(path);
  // SQLite makes this table itself.
  database.exec(ddl.replace(/CREATE TABLE sqlite_sequence[^;]*;?/i, ""));
  database.close();
}

function readJson(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(path));
}
