/**
 * What the store's SQLite driver costs; `deno task sqlite_drivers` runs it under both profiles.
 * `deno bench -A tests/bench/sqlite_bench.ts`
 *
 * @module
 */

import { openDatabase } from "finestep/sqlite";
import { join } from "node:path";

const ROWS = 1_000_000;
const INSERTED = 10_000;

const folder = Deno.makeTempDirSync({ prefix: "finestep-bench-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const path = join(folder, "rows.sqlite");
const database = openDatabase(path);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE verdict (id INTEGER PRIMARY KEY, score REAL NOT NULL, note TEXT NOT NULL) STRICT;
  CREATE TABLE inserted (id INTEGER PRIMARY KEY, score REAL NOT NULL, note TEXT NOT NULL) STRICT;
  WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT ${ROWS})
  INSERT INTO verdict SELECT x, x * 0.5, 'note ' || x FROM n;
`);
const point = database.prepare("SELECT score, note FROM verdict WHERE id = ?");
const insert = database.prepare("INSERT INTO inserted (score, note) VALUES (?, ?)");

Deno.bench("open a file, read its schema, close it", () => {
  using opened = openDatabase(path, { isReadOnly: true });
  opened.prepare("SELECT name FROM sqlite_schema").all();
});

Deno.bench("prepare a statement and read a row", () => {
  database.prepare("SELECT score, note FROM verdict WHERE id = ?").get(4321);
});

Deno.bench("read a row by a prepared statement", () => {
  point.get(4321);
});

Deno.bench("scan 1,000,000 rows of 3 cells one at a time", { n: 2, warmup: 1 }, () => {
  let sum = 0;
  for (const { score } of database.iterate("SELECT id, score, note FROM verdict")) {
    sum += score as number;
  }
  if (sum === 0) throw new Error("No row was read");
});

Deno.bench("read 100,000 rows of 3 cells at once", { n: 5, warmup: 1 }, () => {
  database.prepare("SELECT id, score, note FROM verdict LIMIT 100000").all();
});

Deno.bench("sum 1,000,000 rows inside SQLite", { n: 5, warmup: 1 }, () => {
  database.prepare("SELECT sum(score) AS sum FROM verdict").get();
});

Deno.bench("insert 10,000 rows of 3 cells in a transaction", { n: 10, warmup: 1 }, () => {
  database.exec("BEGIN IMMEDIATE");
  for (let i = 0; i < INSERTED; i++) insert.run(i / 2, `note ${i}`);
  database.exec("COMMIT");
});
