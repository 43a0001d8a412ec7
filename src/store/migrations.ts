/**
 * The store's schema as a list of steps that only grows: a step that has been released is never
 * edited, so that any older file can be brought up to date and no newer one is misread.
 *
 * @module
 */

import type { Database } from "finestep/sqlite";

/** One step of the schema. */
export interface Migration {
  /** Unique, with its number first; kept in the file once applied. */
  readonly name: string;
  readonly sql: string;
}

/** Every step, oldest first. */
export const MIGRATIONS: readonly Migration[] = [{
  name: "m001_runs",
  sql: `
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      started TEXT NOT NULL,
      finished TEXT,
      status TEXT NOT NULL,
      command TEXT NOT NULL,
      options TEXT NOT NULL,
      seed INTEGER NOT NULL,
      source_commit TEXT,
      data_set TEXT NOT NULL,
      algorithm TEXT
    ) STRICT;
    CREATE TABLE train_steps (
      run INTEGER NOT NULL REFERENCES runs (id),
      train_step INTEGER NOT NULL,
      metrics TEXT NOT NULL,
      PRIMARY KEY (run, train_step)
    ) STRICT;
    CREATE TABLE episodes (
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES runs (id),
      phase TEXT NOT NULL,
      train_step INTEGER,
      example_id TEXT NOT NULL,
      seed INTEGER NOT NULL,
      outcome REAL NOT NULL,
      is_correct INTEGER NOT NULL,
      calls INTEGER NOT NULL,
      redundant INTEGER NOT NULL,
      stop_reason TEXT NOT NULL,
      episode TEXT NOT NULL
    ) STRICT;
    CREATE INDEX episodes_by_run ON episodes (run, phase, train_step);
    CREATE TABLE metrics (
      run INTEGER NOT NULL REFERENCES runs (id),
      phase TEXT NOT NULL,
      name TEXT NOT NULL,
      value REAL NOT NULL,
      low REAL,
      high REAL,
      n INTEGER NOT NULL,
      PRIMARY KEY (run, phase, name)
    ) STRICT;
  `,
}, {
  name: "m002_evaluations",
  sql: `
    ALTER TABLE runs ADD COLUMN identity TEXT;
    CREATE TABLE verdicts (
      run INTEGER NOT NULL REFERENCES runs (id),
      phase TEXT NOT NULL,
      example_id TEXT NOT NULL,
      seed INTEGER NOT NULL,
      position INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      is_correct INTEGER NOT NULL,
      verdict TEXT NOT NULL,
      PRIMARY KEY (run, phase, example_id, seed)
    ) STRICT;
    CREATE TABLE sql_results (
      key TEXT PRIMARY KEY,
      result BLOB NOT NULL
    ) STRICT;
    CREATE TABLE file_hashes (
      path TEXT PRIMARY KEY,
      size INTEGER NOT NULL,
      modified REAL NOT NULL,
      sha256 TEXT NOT NULL
    ) STRICT;
  `,
}, {
  name: "m003_endpoints",
  sql: `
    CREATE TABLE answers (
      key TEXT PRIMARY KEY,
      endpoint TEXT NOT NULL,
      answer TEXT NOT NULL
    ) STRICT;
    CREATE TABLE usage (
      run INTEGER NOT NULL REFERENCES runs (id),
      name TEXT NOT NULL,
      amount REAL NOT NULL,
      PRIMARY KEY (run, name)
    ) STRICT;
  `,
}];

/**
 * Applies the steps that the file has not had yet, all of them or none.
 *
 * @throws {RangeError} If the file has steps that this program does not know.
 */
export function migrate(
  database: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT");
    for (const { name, sql } of pendingMigrations(database, migrations)) {
      database.exec(sql);
      database.prepare("INSERT INTO migrations VALUES (?)").run(name);
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isInTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/**
 * The steps that the file has not had yet, found without writing.
 *
 * @throws {RangeError} If the file has steps that this program does not know.
 */
export function pendingMigrations(
  database: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Migration[] {
  const applied = appliedNames(database);
  refuseUnknown(applied, migrations);
  return migrations.filter(({ name }) => !applied.includes(name));
}

function appliedNames(database: Database): string[] {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").get();
  if (!table) return [];
  return database.prepare("SELECT name FROM migrations ORDER BY name").all()
    .map((row) => String(row.name));
}

function refuseUnknown(applied: readonly string[], migrations: readonly Migration[]): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new RangeError(
      `Cannot open the store as a newer program wrote it: it has ${unknown.join(", ")}, ` +
        `this program reads up to ${migrations.at(-1)?.name}`,
    );
  }
}
