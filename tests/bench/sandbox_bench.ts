/**
 * What the pool adds to SQLite: the same statements through `SqlPool` and through node:sqlite directly.
 * `deno bench -A tests/bench/sandbox_bench.ts`
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { ReadOnlyDatabase } from "../../src/sandbox/read_only_database.ts";
import type { SqlRow } from "../../src/sandbox/result_set.ts";
import { sameRows } from "../../src/sandbox/same_rows.ts";

const CAPS = { maxRows: 1_000_000, maxBytes: 2 ** 25 };
const POINT_QUERY = "SELECT name FROM hero WHERE id = 4321";
const LARGE_RESULT = "SELECT id, weight, name FROM hero";

const path = Deno.makeTempFileSync({ prefix: "finestep-bench-" });
const writer = new DatabaseSync(path);
writer.exec(`
  CREATE TABLE hero (id INTEGER PRIMARY KEY, weight REAL, name TEXT);
  WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 10000)
  INSERT INTO hero SELECT x, x * 0.5, 'hero number ' || x FROM n;
`);
writer.close();

const direct = new DatabaseSync(path, { readOnly: true });
const guarded = new ReadOnlyDatabase(path);
const pool = new SqlPool({ roots: [path] });
await pool.execute(path, "SELECT 1");
globalThis.addEventListener("unload", () => Deno.removeSync(path));

function queryDirectly(sql: string): void {
  const statement = direct.prepare(sql);
  statement.setReadBigInts(true);
  statement.all();
}

Deno.bench(
  "node:sqlite",
  { group: "point query", baseline: true },
  () => queryDirectly(POINT_QUERY),
);
Deno.bench("ReadOnlyDatabase, in process", { group: "point query" }, () => {
  guarded.query(POINT_QUERY, CAPS);
});
Deno.bench("SqlPool", { group: "point query" }, async () => {
  await pool.execute(path, POINT_QUERY);
});
Deno.bench("SqlPool, 16 at a time, each 1/16", { group: "point query", n: 200 }, async () => {
  await Promise.all(Array.from({ length: 16 }, () => pool.execute(path, POINT_QUERY)));
});

Deno.bench("node:sqlite", { group: "10,000 rows of 3 cells", baseline: true }, () => {
  queryDirectly(LARGE_RESULT);
});
Deno.bench("SqlPool", { group: "10,000 rows of 3 cells" }, async () => {
  await pool.execute(path, LARGE_RESULT);
});

const rows: SqlRow[] = Array.from(
  { length: 100_000 },
  (_, i) => [BigInt(i), i * 0.5, `hero number ${i}`],
);
const reversed = rows.toReversed();
Deno.bench("sameRows() of 100,000 rows of 3 cells", { group: "comparison" }, () => {
  sameRows(rows, reversed);
});

Deno.bench("SqlPool from start to first answer", { group: "start" }, async () => {
  await using fresh = new SqlPool({ roots: [path] });
  await fresh.execute(path, POINT_QUERY);
});
