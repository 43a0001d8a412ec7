/**
 * One database with all that is known of its schema: the SQLite file's own, the descriptions beside
 * it, and how a benchmark's list of tables differs from it.
 *
 * @module
 */

import { join } from "node:path";
import type { SqlPool } from "../sandbox/pool.ts";
import type { ListedDatabase } from "./bird_format.ts";
import { decodedText, type Descriptions, parseDescriptions } from "./descriptions.ts";
import type { Database } from "./example.ts";
import { databasePath, fileNames } from "./layout.ts";
import { readSchema } from "./schema.ts";

/**
 * Reads a database's schema, with the descriptions that BIRD has beside it; a description file that
 * is no CSV gives a warning instead.
 *
 * @param databases The folder with `<id>/<id>.sqlite`.
 * @throws {Error} If SQLite cannot read the schema.
 */
export async function loadDatabase(
  databases: string,
  id: string,
  pool: Pick<SqlPool, "execute">,
): Promise<{ database: Database; warnings: readonly string[] }> {
  const path = databasePath(databases, id);
  const { byTable, warnings } = await readDescriptions(join(databases, id, "database_description"));
  const tables = await readSchema(
    path,
    pool,
    (table) => byTable.get(table.trim().toLowerCase()) ?? new Map(),
  );
  return { database: { id, path, tables }, warnings };
}

/** How a database's entry in `*_tables.json` differs from its SQLite file. */
export function listWarnings(database: Database, listed: readonly ListedDatabase[]): string[] {
  const entry = listed.find(({ id }) => id === database.id);
  if (!entry) return [`database "${database.id}" is not in the list of tables`];
  const stored = database.tables.flatMap(({ name, columns }) =>
    columns.map((column) => `${name}.${column.name}`)
  );
  const announced = entry.tables.flatMap((table, index) =>
    entry.columns[index].map((column) => `${table}.${column}`)
  );
  return [
    ...difference(announced, stored, `listed for "${database.id}" but not in its SQLite file`),
    ...difference(stored, announced, `in the SQLite file of "${database.id}" but not listed`),
  ];
}

/** Descriptions by table name in lower case. */
async function readDescriptions(
  directory: string,
): Promise<{ byTable: ReadonlyMap<string, Descriptions>; warnings: readonly string[] }> {
  const byTable = new Map<string, Descriptions>();
  const warnings: string[] = [];
  for (const name of await fileNames(directory) ?? []) {
    if (!name.toLowerCase().endsWith(".csv")) continue;
    const path = join(directory, name);
    try {
      const table = name.slice(0, -".csv".length).trim().toLowerCase();
      byTable.set(table, parseDescriptions(decodedText(await Deno.readFile(path)), path));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      warnings.push(error.message);
    }
  }
  return { byTable, warnings };
}

function difference(names: readonly string[], others: readonly string[], what: string): string[] {
  const known = new Set(others.map((name) => name.toLowerCase()));
  const extra = names.filter((name) => !known.has(name.toLowerCase()));
  return extra.length ? [`${extra.length} columns are ${what}, such as ${extra[0]}`] : [];
}
