/**
 * The schema of a SQLite file, read from the file itself: what SQLite says holds, whatever the
 * benchmark's own lists say.
 *
 * @module
 */

import type { SqlPool } from "../sandbox/pool.ts";
import type { SqlRow } from "../sandbox/result_set.ts";
import type { Descriptions } from "./descriptions.ts";
import type { Column, Table } from "./example.ts";

/** Example values of a column in a prompt, and the length they are cut to, in characters. */
const EXAMPLE_VALUES = 2;
const EXAMPLE_LENGTH = 40;

/** Example values are looked for in the first rows only, so that large tables load as fast. */
const EXAMPLE_ROWS = 10_000;

/** SQLite limits the arms of a compound SELECT. */
const COLUMNS_PER_QUERY = 10;

const LIMITS = { timeoutMs: 30_000, maxRows: 100_000, maxBytes: 64 * 2 ** 20 };

/** One row a column, tables in the order they were created. */
const COLUMNS_SQL = `
  SELECT t.name, c.name, c.type, c.pk
  FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~'
  ORDER BY t.rowid, c.cid`;

/** One row a foreign key column, in the order of declaration (SQLite numbers keys backward). */
const KEYS_SQL = `
  SELECT t.name, k."from", k."table", k."to"
  FROM sqlite_master AS t JOIN pragma_foreign_key_list(t.name) AS k
  WHERE t.type = 'table'
  ORDER BY t.rowid, k.id DESC, k.seq`;

/**
 * Reads the tables of a SQLite file with their keys and a few stored values.
 *
 * Example values are the first two distinct non-null values in rowid order among the first 10,000
 * rows, cut to 40 characters; a column whose values are blobs or not valid text has none.
 *
 * @param describe Gives the descriptions of a table's columns.
 * @returns Tables in the order they were created, without SQLite's own. A foreign key to a table
 * or column that does not exist is left out; of several on one column the first declared counts.
 * @throws {Error} If SQLite cannot read the schema.
 */
export async function readSchema(
  databasePath: string,
  pool: Pick<SqlPool, "execute">,
  describe: (table: string) => Descriptions,
): Promise<Table[]> {
  const [columns, keys] = await Promise.all([
    schemaRows(databasePath, pool, COLUMNS_SQL),
    schemaRows(databasePath, pool, KEYS_SQL),
  ]);
  const byTable = Map.groupBy(columns, ([table]) => String(table));
  return Promise.all(
    [...byTable].map(async ([name, rows]) => {
      const values = await exampleValues(
        databasePath,
        pool,
        name,
        rows.map((row) => String(row[1])),
      );
      const descriptions = describe(name);
      return {
        name,
        columns: rows.map(([, column, type, keyPosition], index): Column => ({
          name: String(column),
          type: String(type),
          description: descriptions.get(String(column).trim().toLowerCase()) ?? "",
          exampleValues: values[index],
          isPrimaryKey: Number(keyPosition) > 0,
          references: reference(keys, byTable, name, String(column)),
        })),
      };
    }),
  );
}

async function schemaRows(
  path: string,
  pool: Pick<SqlPool, "execute">,
  sql: string,
): Promise<readonly SqlRow[]> {
  const result = await pool.execute(path, sql, LIMITS);
  if (result.kind === "rows") return result.rows;
  throw new Error(
    `Cannot read the schema of ${path} as it must be a readable SQLite file: ${result.message}`,
  );
}

function reference(
  keys: readonly SqlRow[],
  columnsOf: ReadonlyMap<string, readonly SqlRow[]>,
  table: string,
  column: string,
): Column["references"] {
  const key = keys.find(([from, name]) => from === table && isSameName(name, column));
  const target = key && [...columnsOf].find(([name]) => isSameName(name, key[2]));
  if (!target) return null;
  const [name, columns] = target;
  // Without a column name, a foreign key points to the primary key.
  const row = key[3] === null
    ? columns.find(([, , , keyPosition]) => Number(keyPosition) === 1)
    : columns.find(([, candidate]) => isSameName(candidate, key[3]));
  return row ? { table: name, column: String(row[1]) } : null;
}

function isSameName(a: unknown, b: unknown): boolean {
  return String(a).toLowerCase() === String(b).toLowerCase();
}

/** The example values of each column. */
async function exampleValues(
  path: string,
  pool: Pick<SqlPool, "execute">,
  table: string,
  columns: readonly string[],
): Promise<string[][]> {
  const chunks: string[][] = [];
  for (let start = 0; start < columns.length; start += COLUMNS_PER_QUERY) {
    chunks.push(columns.slice(start, start + COLUMNS_PER_QUERY));
  }
  return (await Promise.all(chunks.map((chunk) => chunkValues(path, pool, table, chunk)))).flat();
}

async function chunkValues(
  path: string,
  pool: Pick<SqlPool, "execute">,
  table: string,
  columns: readonly string[],
): Promise<string[][]> {
  const sql = columns.map((column, index) => valuesSql(table, column, index)).join(" UNION ALL ");
  const result = await pool.execute(path, sql, LIMITS);
  if (result.kind === "rows") {
    return columns.map((_, index) =>
      result.rows.filter(([of]) => Number(of) === index).map(([, value]) => String(value))
    );
  }
  // One column with text that is not UTF-8 must not cost the others their values.
  if (columns.length === 1) return [[]];
  const single = columns.map((column) => chunkValues(path, pool, table, [column]));
  return (await Promise.all(single)).flat();
}

function valuesSql(table: string, column: string, index: number): string {
  const name = quoted(column);
  // NOT INDEXED keeps rowid order: an index on the column would give sorted values.
  return `SELECT ${index}, substr(CAST(v AS TEXT), 1, ${EXAMPLE_LENGTH}) FROM (
    SELECT DISTINCT v FROM (SELECT ${name} AS v FROM ${
    quoted(table)
  } NOT INDEXED LIMIT ${EXAMPLE_ROWS})
    WHERE v IS NOT NULL AND typeof(v) <> 'blob' LIMIT ${EXAMPLE_VALUES})`;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
