/**
 * The SQLite file behind the store: opened, brought up to date, written in transactions, and every
 * refusal of SQLite told with what was being done and where.
 *
 * @module
 */

import {
  type CellInput,
  type Database,
  openDatabase,
  type Row,
  SqliteError,
  type Statement,
} from "finestep/sqlite";
import { migrate, MIGRATIONS, pendingMigrations } from "./migrations.ts";

/** How long a write waits for another process's. */
const BUSY_TIMEOUT_MS = 10_000;

/** How a file is opened. */
export interface FileSettings {
  /** Set on the connection after the store's own, for instance `max_page_count = 100`. */
  readonly pragmas?: readonly string[];
  /** Whether it is only read: no write of another process ever waits for this one. */
  readonly isReadOnly?: boolean;
  /** Whether a file that is only read may lack the newest steps of the schema. */
  readonly mayBeOlder?: boolean;
}

// A killed process loses nothing in this mode; only a power cut may cost the last moments.
const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
`;

/** The open file; closed at the end of its `using` block. */
export class StoreFile implements Disposable {
  readonly path: string;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  /**
   * @throws {RangeError} If the file has other tables, a newer program wrote it, or an older one did and
   * it is only to be read.
   * @throws {Error} If the file cannot be opened or is not a store.
   */
  constructor(path: string, settings: FileSettings = {}) {
    this.path = path;
    this.#database = this.attempt("open the store", () => preparedFile(path, settings));
  }

  /** Whether another process has made the file and not yet begun to store. */
  get isEmpty(): boolean {
    return pendingMigrations(this.#database).length === MIGRATIONS.length;
  }

  /** A prepared statement, kept for the next time. */
  statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Reads rows one at a time, by a statement of its own: several readers do not disturb each other. */
  iterate(sql: string, ...values: CellInput[]): Iterable<Row> {
    return this.#database.iterate(sql, ...values);
  }

  /** Runs a statement for each row of values. */
  insert(sql: string, rows: Iterable<readonly CellInput[]>): void {
    const statement = this.statement(sql);
    for (const row of rows) statement.run(...row);
  }

  /** Does all of what `write` does, or nothing. A transaction in a transaction is a part of it. */
  transaction(doing: string, write: () => void): void {
    if (this.#database.isInTransaction) return write();
    this.attempt(doing, () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        write();
        this.#database.exec("COMMIT");
      } catch (error) {
        // A full disk has already rolled the transaction back.
        if (this.#database.isInTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Says what could not be done, and in which file, when SQLite refuses. */
  attempt<T>(doing: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SqliteError)) throw error;
      throw new Error(`Cannot ${doing} as ${error.message}: ${this.path}`, { cause: error });
    }
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }
}

function preparedFile(
  path: string,
  { pragmas = [], isReadOnly = false, mayBeOlder = false }: FileSettings,
): Database {
  const database = openDatabase(path, { isReadOnly });
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    refuseForeign(database, path);
    if (isReadOnly) prepareReading(database, mayBeOlder);
    else {
      database.exec(SETTINGS);
      migrate(database);
    }
    for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

/** Before anything is written: a benchmark's database that is taken for a store stays as it is. */
function refuseForeign(database: Database, path: string): void {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    .map(({ name }) => name);
  if (tables.length === 0 || tables.includes("migrations")) return;
  throw new RangeError(
    `Cannot open the store as the file must be one of finestep: it has other tables (${
      tables.slice(0, 3).join(", ")
    }): ${path}`,
  );
}

function prepareReading(database: Database, mayBeOlder: boolean): void {
  const pending = pendingMigrations(database);
  if (!mayBeOlder && pending.length > 0 && pending.length < MIGRATIONS.length) {
    throw new RangeError(
      `Cannot read the store as an older program wrote it: it has no ${pending[0].name}; ` +
        "a command that stores brings it up to date",
    );
  }
}
