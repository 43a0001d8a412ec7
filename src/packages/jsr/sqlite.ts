/**
 * `finestep/sqlite` of the JSR profile: @db/sqlite, which calls a SQLite library of the system.
 *
 * It is held to what node:sqlite does where the two differ: rows are made here, as @db/sqlite makes
 * them by running their columns' names as source code; numbers are bound here, as it stores 1e300 as 0.
 *
 * @module
 */

import { type BindValue, Database as Connection, Statement as Prepared } from "@db/sqlite";
import {
  type Cell,
  type CellInput,
  type Database,
  exactNumber,
  type OpenDatabase,
  type Row,
  SqliteError,
  type Statement,
} from "../sqlite.ts";

export * from "../sqlite.ts";

/** Opens a database file by @db/sqlite. */
export const openDatabase: OpenDatabase = (path, { isReadOnly = false } = {}) =>
  attempt(() => {
    const connection = new Connection(path, {
      readonly: isReadOnly,
      int64: true,
      parseJson: false,
    });
    connection.exec("PRAGMA foreign_keys = ON");
    return new JsrDatabase(connection);
  });

class JsrDatabase implements Database {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get isInTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  exec(sql: string): void {
    attempt(() => opened(this.#connection).exec(sql));
  }

  prepare(sql: string): Statement {
    return new JsrStatement(attempt(() => new NumberedColumns(opened(this.#connection), sql)));
  }

  *iterate(sql: string, ...values: CellInput[]): Generator<Row> {
    const statement = attempt(() => new NumberedColumns(opened(this.#connection), sql));
    try {
      const rows = statement.iter(...values.map(bound));
      let names: string[] | undefined;
      for (let row = attempt(() => rows.next()); !row.done; row = attempt(() => rows.next())) {
        yield rowOf(names ??= statement.names, Object.values(row.value));
        opened(this.#connection);
      }
    } finally {
      // Left alone, a loop that was left early would hold its read lock.
      if (this.#connection.open) finalize(statement);
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

class JsrStatement implements Statement {
  readonly #statement: NumberedColumns;

  constructor(statement: NumberedColumns) {
    this.#statement = statement;
  }

  run(...values: CellInput[]): void {
    attempt(() => this.#opened.run(...values.map(bound)));
  }

  get(...values: CellInput[]): Row | undefined {
    const cells = attempt(() => this.#opened.value(...values.map(bound)));
    return cells && rowOf(this.#statement.names, cells);
  }

  all(...values: CellInput[]): Row[] {
    const rows = attempt(() => this.#opened.values(...values.map(bound)));
    const { names } = this.#statement;
    return rows.map((cells) => rowOf(names, cells));
  }

  get #opened(): NumberedColumns {
    opened(this.#statement.db);
    return this.#statement;
  }
}

/** Calls its columns 0, 1, ... where @db/sqlite writes their names into source code that it runs. */
class NumberedColumns extends Prepared {
  get names(): string[] {
    return super.columnNames();
  }

  override columnNames(): string[] {
    return super.columnNames().map((_, i) => `${i}`);
  }
}

function finalize(statement: Prepared): void {
  try {
    statement.finalize();
  } catch {
    // SQLite says again what the last row ended with, and frees the statement all the same.
  }
}

/** A call on a closed connection would work on freed memory. */
function opened(connection: Connection): Connection {
  if (connection.open) return connection;
  throw new SqliteError("database is not open");
}

function rowOf(names: readonly string[], cells: readonly unknown[]): Row {
  const row: Record<string, Cell> = Object.create(null);
  for (const [i, name] of names.entries()) {
    const cell = cells[i];
    row[name] = typeof cell === "bigint" ? exactNumber(cell) : cell as Cell;
  }
  return row;
}

function bound(value: CellInput): BindValue {
  if (typeof value === "number") return boundNumber(value);
  const isBindable = typeof value === "string" || value === null || value instanceof Uint8Array ||
    typeof value === "bigint" && BigInt.asIntN(64, value) === value;
  if (isBindable) return value;
  throw new TypeError(
    `Cannot bind a value as SQLite must have a type for it: ${Deno.inspect(value)}`,
  );
}

/** @db/sqlite takes every whole number for an integer, wraps it to 64 bits, and refuses -0. */
function boundNumber(value: number): BindValue {
  if (!Number.isInteger(value)) return value;
  if (Number.isSafeInteger(value)) return value + 0;
  // A column of type REAL makes a number of the text.
  return Math.abs(value) < 2 ** 63 ? BigInt(value) : String(value);
}

/** @db/sqlite has an error of its own, `14: unable to open database file`, and throws plain ones. */
function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SqliteError || error instanceof TypeError || error instanceof RangeError) {
      throw error;
    }
    const message = (error as Error).message.replace(/^\d+: /, "");
    throw new SqliteError(message, { cause: error });
  }
}
