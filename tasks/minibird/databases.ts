/**
 * Writes the databases with their descriptions and `dev_tables.json`, in the shapes of BIRD.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Column, type Domain, type PairColumn, type Table, tablesOf } from "./domain.ts";
import { DOMAINS } from "./domains.ts";
import { pairSides, rowsOf, storedForms } from "./rows.ts";

/** A database as written, with what only its maker knows. */
export interface MinibirdDatabase {
  readonly domain: Domain;
  /** The seed of its content, which also splits its values. */
  readonly seed: number;
  /** Path of the SQLite file. */
  readonly path: string;
  /** Stored form by value as said, of the domain's form column. */
  readonly forms: ReadonlyMap<string, string>;
  /** Column by value, of the domain's pair. */
  readonly sides: ReadonlyMap<string, PairColumn>;
}

/** SQLite's type of a column, also BIRD's data format. */
function typeOf(column: Column): "integer" | "real" | "text" {
  if (column.kind === "key" || column.kind === "link") return "integer";
  if (column.kind !== "number") return "text";
  return Number.isInteger(column.step) ? "integer" : "real";
}

function columnSql(column: Column): string {
  const type = typeOf(column).toUpperCase();
  return `${column.name} ${type}${column.kind === "key" ? " PRIMARY KEY" : ""}`;
}

function createTableSql(table: Table): string {
  const references = table.columns.filter((column) => column.kind === "link").map((column) =>
    `FOREIGN KEY (${column.name}) REFERENCES ${column.to} (${column.name})`
  );
  const lines = [...table.columns.map(columnSql), ...references];
  return `CREATE TABLE ${table.name} (\n  ${lines.join(",\n  ")}\n)`;
}

function fillTable(connection: DatabaseSync, domain: Domain, table: Table, seed: number): void {
  connection.exec(createTableSql(table));
  const places = table.columns.map(() => "?").join(", ");
  const insert = connection.prepare(`INSERT INTO ${table.name} VALUES (${places})`);
  for (const row of rowsOf(domain, table, seed)) insert.run(...row);
}

function writeSqlite(domain: Domain, seed: number, path: string): void {
  rmSync(path, { force: true });
  const connection = new DatabaseSync(path);
  try {
    // One transaction gives the same page order and change counter each time.
    connection.exec("PRAGMA journal_mode = MEMORY; BEGIN");
    for (const table of tablesOf(domain)) fillTable(connection, domain, table, seed);
    connection.exec("COMMIT");
  } finally {
    connection.close();
  }
}

function descriptionCsv(table: Table): string {
  const header =
    "original_column_name,column_name,column_description,data_format,value_description";
  const lines = table.columns.map((column) =>
    [column.name, column.name.replaceAll("_", " "), column.label, typeOf(column), ""].join(",")
  );
  return [header, ...lines, ""].join("\n");
}

function writeDatabase(domain: Domain, seed: number, directory: string): MinibirdDatabase {
  const folder = join(directory, "dev_databases", domain.id);
  const path = join(folder, `${domain.id}.sqlite`);
  mkdirSync(join(folder, "database_description"), { recursive: true });
  writeSqlite(domain, seed, path);
  for (const table of tablesOf(domain)) {
    writeFileSync(join(folder, "database_description", `${table.name}.csv`), descriptionCsv(table));
  }
  return {
    domain,
    seed,
    path,
    forms: storedForms(domain, seed),
    sides: pairSides(domain, seed),
  };
}

/** A database in the format of Spider's and BIRD's `tables.json`: columns by index, 0 being `*`. */
function tablesEntry(domain: Domain) {
  const tables = tablesOf(domain);
  const columns = tables.flatMap((table, t) => table.columns.map((column) => ({ t, column })));
  const keys = columns.flatMap(({ column }, i) => column.kind === "key" ? [i + 1] : []);
  const keyOf = (name: string) => keys[tables.findIndex((table) => table.name === name)];
  const named = (
    name: (column: Column) => string,
  ) => [[-1, "*"], ...columns.map(({ t, column }) => [t, name(column)])];
  return {
    db_id: domain.id,
    table_names_original: tables.map((table) => table.name),
    table_names: tables.map((table) => table.name),
    column_names_original: named((column) => column.name),
    column_names: named((column) => column.name.replaceAll("_", " ")),
    column_types: ["text", ...columns.map(({ column }) => typeOf(column))],
    primary_keys: keys,
    foreign_keys: columns.flatMap(({ column }, i) =>
      column.kind === "link" ? [[i + 1, keyOf(column.to)]] : []
    ),
  };
}

/**
 * Writes `dev_databases/` and `dev_tables.json` into a directory, which is made when missing.
 * The same seed gives the same bytes on the same release of Deno (SQLite writes its version into
 * its files).
 *
 * @param seed Decides the content and how its values are split.
 */
export function buildDatabases(seed: number, directory: string): MinibirdDatabase[] {
  const databases = DOMAINS.map((domain) => writeDatabase(domain, seed, directory));
  const tables = JSON.stringify(DOMAINS.map(tablesEntry), null, 1);
  writeFileSync(join(directory, "dev_tables.json"), `${tables}\n`);
  return databases;
}
