/**
 * `finestep/sqlite` of the default profile: node:sqlite, which Deno has built in.
 *
 * @module
 */

import { DatabaseSync, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { lastError } from "../../sandbox/last_error.ts";
import {
  type CellInput,
  type Database,
  exactNumber,
  type OpenDatabase,
  type Row,
  SqliteError,
  type Statement,
} from "../sqlite.ts";

export * from "../sqlite.ts";

/** Errors of node:sqlite that are not those of a wrong argument. */
const SQLITE_CODES = ["ERR_SQLITE_ERROR", "ERR_INVALID_STATE"];

/** Opens a database file by node:sqlite. */
export const openDatabase: OpenDatabase = (path, { isReadOnly = false } = {}) =>
  attempt(() => new NodeDatabase(new DatabaseSync(path, { readOnly: isReadOnly })));

class NodeDatabase implements Database {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  exec(sql: string): void {
    attempt(() => this.#database.exec(sql));
  }

  prepare(sql: string): Statement {
    return new NodeStatement(attempt(() => this.#database.prepare(sql)));
  }

  *iterate(sql: string, ...values: CellInput[]): Generator<Row> {
    const statement = attempt(() => this.#database.prepare(sql));
    // As numbers, Deno 2.9 would end the loop at the first integer that is too large for one.
    statement.setReadBigInts(true);
    for (const row of attempt(() => statement.iterate(...values))) yield withNumbers(row);
    // It ends the loop alike after the last row and on an error of SQLite.
    const error = lastError(this.#database);
    if (error !== null) throw new SqliteError(error);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

class NodeStatement implements Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  run(...values: CellInput[]): void {
    attempt(() => this.#statement.run(...values));
  }

  get(...values: CellInput[]): Row | undefined {
    return attempt(() => this.#statement.get(...values)) as Row | undefined;
  }

  all(...values: CellInput[]): Row[] {
    return attempt(() => this.#statement.all(...values)) as Row[];
  }
}

function withNumbers(row: Record<string, SQLOutputValue>): Row {
  for (const [name, cell] of Object.entries(row)) {
    if (typeof cell === "bigint") row[name] = exactNumber(cell);
  }
  return row as Row;
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (!SQLITE_CODES.includes(code!)) throw error;
    throw new SqliteError(message, { cause: error });
  }
}
