/**
 * What finestep/sqlite does in either profile.
 *
 * @module
 */

import assert from "finestep/assert";
import { type Database, openDatabase, SqliteError } from "finestep/sqlite";
import fc from "fast-check";
import { join } from "node:path";

/** Ends with an error of SQLite after two rows. */
const BREAKS_AT_3 = `
  WITH RECURSIVE n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 5)
  SELECT CASE WHEN x = 3 THEN abs(-9223372036854775807 - 1) ELSE x END AS x FROM n
`;

const memory = () => openDatabase(":memory:");

function withTable(): Database {
  const database = memory();
  database.exec(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, r REAL, s TEXT, b BLOB) STRICT",
  );
  return database;
}

Deno.test("Statement keeps cells of all types", () => {
  using database = withTable();
  const insert = database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  insert.run(1, -7, 0.1, "é\n\"'\\", Uint8Array.of(0, 255, 0));
  insert.run(2, 2n ** 40n, Infinity, "", new Uint8Array(0));
  insert.run(3, null, null, null, null);
  assert.deepEqual(database.prepare("SELECT * FROM t").all().map((row) => Object.values(row)), [
    [1, -7, 0.1, "é\n\"'\\", Uint8Array.of(0, 255, 0)],
    [2, 2 ** 40, Infinity, "", new Uint8Array(0)],
    [3, null, null, null, null],
  ]);
});

Deno.test("Statement keeps every number in a column of type REAL", () => {
  using database = withTable();
  const insert = database.prepare("INSERT INTO t (r) VALUES (?) RETURNING r");
  const numbers = fc.double({ noNaN: true });
  const large = fc.bigInt({ min: 2n ** 52n, max: 2n ** 900n }).map(Number);
  fc.assert(
    fc.property(fc.oneof(numbers, large, fc.maxSafeInteger()), (number) => {
      // SQLite has no -0.
      assert.equal(insert.get(number)!.r, number + 0);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("Statement keeps every integer that a number can hold", () => {
  using database = withTable();
  const insert = database.prepare("INSERT INTO t (i) VALUES (?) RETURNING i");
  fc.assert(fc.property(fc.maxSafeInteger(), (integer) => {
    assert.equal(insert.get(integer)!.i, integer);
    assert.equal(insert.get(BigInt(integer))!.i, integer);
  }));
});

Deno.test("Statement refuses to round an integer", () => {
  using database = memory();
  const statement = database.prepare("SELECT 9007199254740993 AS n");
  assert.throws(() => statement.get(), RangeError);
  assert.throws(() => statement.all(), RangeError);
  const sql = "SELECT 1 AS n UNION ALL SELECT 9007199254740993";
  assert.throws(() => [...database.iterate(sql)], RangeError);
});

for (const value of [2n ** 63n, undefined, true, Symbol.iterator]) {
  Deno.test(`Statement refuses a value that SQLite has no type for: ${String(value)}`, () => {
    using database = memory();
    const statement = database.prepare("SELECT ?");
    assert.throws(() => statement.get(value as unknown as null), TypeError);
  });
}

Deno.test("Statement takes JSON for the text that it is", () => {
  using database = memory();
  assert.equal(database.prepare("SELECT json('[1]') AS j").get()!.j, "[1]");
});

Deno.test("Statement.get() gives the first row, or none", () => {
  using database = memory();
  const statement = database.prepare("SELECT ? AS a WHERE ? > 0");
  assert.equal(statement.get(3, 1)!.a, 3);
  assert.equal(statement.get(3, 0), undefined);
  assert.equal(statement.get(4, 1)!.a, 4);
});

Deno.test("Statement gives a row of its own each time", () => {
  using database = memory();
  const statement = database.prepare("SELECT ? AS n");
  const constant = database.prepare("SELECT 1 AS n");
  const [first, second] = [statement.get(1)!, statement.get(2)!];
  assert.deepEqual([first.n, second.n], [1, 2]);
  assert.notEqual(constant.get(), constant.get());
});

Deno.test("Statement.run() takes for null what it is not given, and nothing from before", () => {
  using database = withTable();
  const insert = database.prepare("INSERT INTO t (i, s) VALUES (?, ?)");
  insert.run(1, "a");
  insert.run(2);
  assert.deepEqual(
    database.prepare("SELECT i, s FROM t").all().map(({ i, s }) => [i, s]),
    [[1, "a"], [2, null]],
  );
});

Deno.test("Statement refuses more values than it has parameters", () => {
  using database = memory();
  assert.throws(() => database.prepare("SELECT ?").get(1, 2), SqliteError);
});

Deno.test("Statement names columns by data: quotes, code, names of Object", () => {
  using database = memory();
  const names = [
    'a"b',
    'x": (globalThis.hacked = true), "y',
    "\\",
    "\n",
    "__proto__",
    "`${0}`",
    "1",
  ];
  const columns = names.map((name, i) => `${i} AS "${name.replaceAll('"', '""')}"`);
  const sql = `SELECT ${columns}`;
  const rows = [
    database.prepare(sql).get()!,
    ...database.prepare(sql).all(),
    ...database.iterate(sql),
  ];
  assert.equal(rows.length, 3);
  for (const row of rows) {
    assert.equal(Object.getPrototypeOf(row), null);
    assert.deepEqual(names.map((name) => row[name]), names.map((_, i) => i));
  }
  assert.ok(!("hacked" in globalThis));
});

Deno.test("Database.exec() runs several statements", () => {
  using database = memory();
  database.exec("CREATE TABLE a (x); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)");
  assert.equal(database.prepare("SELECT sum(x) AS sum FROM a").get()!.sum, 3);
});

Deno.test("Database refuses what breaks a constraint, in SQLite's words, and can be used on", () => {
  using database = memory();
  database.exec(`
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT;
    CREATE TABLE child (parent INTEGER REFERENCES parent (id)) STRICT;
    INSERT INTO parent VALUES (1, 'a');
  `);
  const insert = database.prepare("INSERT INTO parent (name) VALUES (?)");
  const unique = { name: "SqliteError", message: "UNIQUE constraint failed: parent.name" };
  assert.throws(() => insert.run("a"), unique);
  assert.throws(() => database.exec("INSERT INTO parent VALUES (2, 'a')"), unique);
  assert.throws(() => database.exec("INSERT INTO child VALUES (7)"), {
    message: "FOREIGN KEY constraint failed",
  });
  insert.run("b");
  assert.equal(database.prepare("SELECT count(*) AS n FROM parent").get()!.n, 2);
});

Deno.test("Database refuses SQL that it does not understand", () => {
  using database = memory();
  assert.throws(() => database.prepare("SELEC 1"), /^SqliteError: near "SELEC": syntax error/);
  assert.throws(() => database.exec("SELEC 1"), /^SqliteError: near "SELEC": syntax error/);
  assert.throws(() => database.prepare("SELECT * FROM none"), /^SqliteError: no such table: none/);
});

Deno.test("Database.isInTransaction says so until the transaction ends", () => {
  using database = withTable();
  assert.equal(database.isInTransaction, false);
  database.exec("BEGIN IMMEDIATE; INSERT INTO t (id) VALUES (1)");
  assert.equal(database.isInTransaction, true);
  database.exec("ROLLBACK");
  assert.equal(database.isInTransaction, false);
  assert.equal(database.prepare("SELECT count(*) AS n FROM t").get()!.n, 0);
});

Deno.test("Database.iterate() reads as rows are asked for", () => {
  using database = memory();
  const endless =
    "WITH RECURSIVE n (x) AS (VALUES (?) UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
  const found = [];
  for (const { x } of database.iterate(endless, 5)) {
    found.push(x);
    if (found.length === 3) break;
  }
  assert.deepEqual(found, [5, 6, 7]);
});

Deno.test("Database.iterate() lets other statements run meanwhile, one of the same SQL as well", () => {
  using database = withTable();
  database.exec("INSERT INTO t (id) VALUES (1), (2)");
  const sql = "SELECT id FROM t ORDER BY id";
  const pairs = [];
  for (const a of database.iterate(sql)) {
    for (const b of database.iterate(sql)) pairs.push([a.id, b.id]);
  }
  assert.deepEqual(pairs, [[1, 1], [1, 2], [2, 1], [2, 2]]);
});

Deno.test("Database.iterate(), all() and get() throw the error that a later row ends with", () => {
  using database = memory();
  const found: unknown[] = [];
  assert.throws(() => {
    for (const { x } of database.iterate(BREAKS_AT_3)) found.push(x);
  }, /^SqliteError: integer overflow/);
  assert.deepEqual(found, [1, 2]);
  assert.throws(() => database.prepare(BREAKS_AT_3).all(), /^SqliteError: integer overflow/);
  assert.throws(
    () => database.prepare(`SELECT sum(x) FROM (${BREAKS_AT_3})`).get(),
    /^SqliteError: integer overflow/,
  );
});

Deno.test("Database.iterate() that is left early holds no lock", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.sqlite");
    using writer = openDatabase(path);
    writer.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)");
    using reader = openDatabase(path, { isReadOnly: true });
    for (const _ of reader.iterate("SELECT x FROM t")) break;
    writer.exec("INSERT INTO t VALUES (3)");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openDatabase() that only reads sees what others write, and writes nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.sqlite");
    using writer = openDatabase(path);
    writer.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    using reader = openDatabase(path, { isReadOnly: true });
    const count = reader.prepare("SELECT count(*) AS n FROM t");
    assert.equal(count.get()!.n, 1);
    writer.exec("INSERT INTO t VALUES (2)");
    assert.equal(count.get()!.n, 2);
    assert.throws(() => reader.exec("INSERT INTO t VALUES (3)"), /^SqliteError: .*readonly/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openDatabase() refuses a file that is missing or none of SQLite's", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const missing = join(folder, "none.sqlite");
    assert.throws(
      () => openDatabase(missing, { isReadOnly: true }),
      /^SqliteError: unable to open database file/,
    );
    const text = join(folder, "text");
    await Deno.writeTextFile(text, "no database ".repeat(100));
    assert.throws(() => {
      using database = openDatabase(text);
      database.exec("PRAGMA journal_mode = WAL");
    }, /^SqliteError: file is not a database/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Database refuses to work once it is closed, and closes twice", () => {
  const database = withTable();
  const statement = database.prepare("SELECT 1 AS a");
  database[Symbol.dispose]();
  database[Symbol.dispose]();
  for (
    const use of [
      () => database.exec("SELECT 1"),
      () => database.prepare("SELECT 1"),
      () => [...database.iterate("SELECT 1")],
      () => statement.get(),
      () => statement.all(),
      () => statement.run(),
    ]
  ) assert.throws(use, SqliteError);
});
