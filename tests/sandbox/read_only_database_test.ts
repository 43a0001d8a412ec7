import assert from "finestep/assert";
import { ReadOnlyDatabase } from "../../src/sandbox/read_only_database.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { sampleDatabase } from "./sample_database.ts";

const CAPS = { maxRows: 100, maxBytes: 10_000 };

function rowsOf(result: SqlResult): unknown {
  assert.equal(result.kind, "rows", "message" in result ? result.message : "");
  return result.kind === "rows" && result.rows;
}

Deno.test("ReadOnlyDatabase.query() keeps the five types of cells apart", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  assert.deepEqual(rowsOf(database.query("SELECT * FROM singer", CAPS)), [
    [9007199254740993n, 1, "Zoë", Uint8Array.of(0, 255)],
    [2n, null, "", new Uint8Array()],
  ]);
});

Deno.test("ReadOnlyDatabase.query() names the columns, repeated names as well", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  const result = database.query("SELECT id, id, count(*) AS n FROM singer", CAPS);
  assert.deepEqual(result.kind === "rows" && result.columns, ["id", "id", "n"]);
});

Deno.test("ReadOnlyDatabase.query() reports an error that comes after some rows", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  const sql =
    "SELECT CASE column1 WHEN 3 THEN abs(-9223372036854775807 - 1) ELSE column1 END FROM (VALUES (1), (2), (3), (4))";
  const { kind, message } = database.query(sql, CAPS) as { kind: string; message: string };
  assert.deepEqual({ kind, message }, { kind: "error", message: "integer overflow" });
  assert.deepEqual(rowsOf(database.query("SELECT 1", CAPS)), [[1n]], "the error is not kept");
});

Deno.test("ReadOnlyDatabase.query() cuts at the row cap, and says so only when a row is missing", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  for (const [maxRows, count, truncated] of [[1, 1, true], [2, 2, false], [0, 0, true]] as const) {
    const result = database.query("SELECT id FROM singer", { ...CAPS, maxRows });
    assert.ok(result.kind === "rows");
    assert.deepEqual([result.rows.length, result.truncated], [count, truncated]);
  }
});

Deno.test("ReadOnlyDatabase.query() cuts before the byte cap", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  const sql =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 'abcd' FROM n";
  const result = database.query(sql, { maxRows: 100, maxBytes: 40 });
  assert.ok(result.kind === "rows" && result.truncated);
  assert.equal(result.rows.length, 3);
});

Deno.test("ReadOnlyDatabase.query() reads views, CTEs, schema tables and schema pragmas", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  const cases = [
    "SELECT name FROM tall",
    "WITH t AS (SELECT 1) SELECT * FROM t",
    "SELECT sql FROM sqlite_master WHERE type = 'table'",
    "PRAGMA table_info(singer)",
    "PRAGMA foreign_key_list(singer)",
    "SELECT name FROM pragma_table_info('singer')",
    "EXPLAIN QUERY PLAN SELECT * FROM singer",
    "SELECT iif(round(julianday('2020-01-01')) > 1, substr('abc', 2), json('{}')), sqrt(2), log(2, 8)",
  ];
  for (const sql of cases) assert.equal(database.query(sql, CAPS).kind, "rows", sql);
});

Deno.test("ReadOnlyDatabase.query() reads a double-quoted word that is no column as a string", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  assert.deepEqual(rowsOf(database.query('SELECT "name" FROM singer WHERE name = "Zoë"', CAPS)), [[
    "Zoë",
  ]]);
});

Deno.test("ReadOnlyDatabase.query() gives no rows for SQL without a statement", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  for (const sql of ["", " ", "-- none", "/* none", ";"]) {
    assert.deepEqual(rowsOf(database.query(sql, CAPS)), []);
  }
});

Deno.test("ReadOnlyDatabase.query() tells limits from errors", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  const cases: readonly (readonly [string, SqlResult["kind"]])[] = [
    ["SELECT nope FROM singer", "error"],
    ["SELECT FROM", "error"],
    ["SELECT json('{')", "error"],
    [`SELECT ${"1 + ".repeat(200)} 1`, "too_large"],
    [Array(30).fill("SELECT 1").join(" UNION ALL "), "too_large"],
    [`SELECT '${"x".repeat(200_000)}'`, "too_large"],
    [`SELECT 'a' LIKE '${"%".repeat(300)}'`, "too_large"],
    [`SELECT max(${Array(20).fill(1)})`, "too_large"],
  ];
  for (const [sql, kind] of cases) {
    assert.equal(database.query(sql, CAPS).kind, kind, sql.slice(0, 60));
  }
});

Deno.test("new ReadOnlyDatabase() names the file that it cannot open", () => {
  using sample = sampleDatabase();
  const path = `${sample.path}.txt`;
  Deno.writeTextFileSync(path, "Text that is longer than the header of a database. ".repeat(20));
  for (const refused of [path, `${path}.missing`]) {
    assert.throws(
      () => new ReadOnlyDatabase(refused),
      (error: Error) => error.message.includes(refused),
    );
  }
});

Deno.test("ReadOnlyDatabase.query() gives back the memory of its statements", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path);
  const heavy = `SELECT ${Array(250).fill("upper(name) || lower(name)")} FROM singer`;
  database.query(heavy, CAPS);
  const before = Deno.memoryUsage().rss;
  for (let i = 0; i < 2000; i++) assert.equal(database.query(heavy, CAPS).kind, "rows");
  const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grown < 200, `${grown} MiB`);
});
