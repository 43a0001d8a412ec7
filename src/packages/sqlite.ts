/**
 * The SQLite driver of the store. `finestep/sqlite` is one of two implementations, by the import map:
 * node:sqlite with the SQLite that Deno has built in, or @db/sqlite with a library of the system.
 *
 * Not for SQL of strangers: the sandbox has its own connection (`sandbox/read_only_database.ts`).
 *
 * @module
 */

/** What a cell can be set to. A number keeps its value in a column of type INTEGER or REAL. */
export type CellInput = null | number | bigint | string | Uint8Array;

/** What a cell is read as; an integer that a number cannot hold exactly is refused. */
export type Cell = null | number | string | Uint8Array;

/** Cells by the column's name, without a prototype; of equal names the last one counts. */
export type Row = Readonly<Record<string, Cell>>;

/** SQLite refused; the message is its own, for instance `UNIQUE constraint failed: runs.id`. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
}

/** A prepared statement. Parameters that are not given are null; too many are refused. */
export interface Statement {
  /** Runs it for what it changes. */
  run(...values: CellInput[]): void;
  /** Its first row. */
  get(...values: CellInput[]): Row | undefined;
  all(...values: CellInput[]): Row[];
}

/** An open file; closed at the end of its `using` block, with the statements prepared on it. */
export interface Database extends Disposable {
  readonly isInTransaction: boolean;
  /** Runs statements that have neither parameters nor results of interest. */
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Reads rows as they are asked for, by a statement of its own that ends with the loop. */
  iterate(sql: string, ...values: CellInput[]): IterableIterator<Row>;
}

/** How a file is opened. */
export interface OpenSettings {
  /** Whether it must exist and is not written; otherwise it is made where it does not exist. */
  readonly isReadOnly?: boolean;
}

/**
 * Opens a file, or `:memory:`. Foreign keys are enforced.
 *
 * @throws {SqliteError} If SQLite refuses, as all that is done with the file afterwards.
 */
export type OpenDatabase = (path: string, settings?: OpenSettings) => Database;

/**
 * An integer as a number.
 *
 * @throws {RangeError} If no number holds it exactly.
 */
export function exactNumber(integer: bigint): number {
  const number = Number(integer);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(`Cannot read an integer as a number must hold it exactly: it is ${integer}`);
}
