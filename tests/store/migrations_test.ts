import assert from "finestep/assert";
import { openDatabase } from "finestep/sqlite";
import { migrate, MIGRATIONS } from "../../src/store/migrations.ts";

const NEXT = { name: "m999_notes", sql: "CREATE TABLE notes (text TEXT) STRICT" };

Deno.test("migrate() brings an older file up to date and keeps what it holds", () => {
  using database = openDatabase(":memory:");
  migrate(database);
  database.exec(
    `INSERT INTO runs (kind, started, status, command, options, seed, data_set)
     VALUES ('eval', '', 'running', '', '{}', 1, 'minibird')`,
  );
  migrate(database, [...MIGRATIONS, NEXT]);
  assert.equal(database.prepare("SELECT count(*) AS n FROM runs").get()?.n, 1);
  assert.equal(database.prepare("SELECT count(*) AS n FROM notes").get()?.n, 0);
});

Deno.test("migrate() applies each step once", () => {
  using database = openDatabase(":memory:");
  migrate(database);
  migrate(database);
  const names = database.prepare("SELECT name FROM migrations").all().map(({ name }) => name);
  assert.deepEqual(names, MIGRATIONS.map(({ name }) => name));
});

Deno.test("migrate() refuses a file that a newer program wrote and names what it has", () => {
  using database = openDatabase(":memory:");
  migrate(database, [...MIGRATIONS, NEXT]);
  assert.throws(() => migrate(database), {
    name: "RangeError",
    message: /as a newer program wrote it: it has m999_notes, this program reads up to m\d+/,
  });
});

Deno.test("migrate() applies all steps or none", () => {
  using database = openDatabase(":memory:");
  const broken = { name: "m998_broken", sql: "CREATE TABLE (" };
  assert.throws(() => migrate(database, [NEXT, broken]));
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  assert.deepEqual(tables, []);
});

Deno.test("MIGRATIONS have unique names in ascending order", () => {
  const names = MIGRATIONS.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)].sort());
});
