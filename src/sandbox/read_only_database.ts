/**
 * A SQLite file that untrusted SQL can read and nothing more: read-only handle, authorizer, defensive
 * mode and SQLite's own limits. It does not stop a slow statement; the process around it is killed.
 *
 * @module
 */

import * as sqlite from "node:sqlite";
import { isUtf8, suspectColumns, textBytesSql } from "./invalid_text.ts";
import { lastError } from "./last_error.ts";
import { log, MATH_FUNCTIONS } from "./math_functions.ts";
import { pinnedFunctions } from "./pinned_now.ts";
import type { SqlFailure, SqlResult, SqlRow, SqlRows, SqlValue } from "./result_set.ts";
import { rowBytes } from "./row_bytes.ts";
import { holdsSeveralStatements, isBlank } from "./sql_text.ts";

// Deno's types for node:sqlite lag behind what it does.
type DatabaseSync = sqlite.DatabaseSync & {
  setAuthorizer(
    authorize:
      | ((action: number, first: string | null, second: string | null) => number)
      | null,
  ): void;
};
type StatementSync = sqlite.StatementSync & { setReturnArrays(enabled: boolean): void };
const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE, ...constants } =
  sqlite.constants as unknown as Record<string, number>;

// SQLite's advice for untrusted SQL (sqlite.org/security.html), widened until all BIRD golds and
// schemas pass: the deepest gold needs 20 levels, the widest table has 115 columns.
export const LIMITS = {
  length: 10_000_000,
  sqlLength: 100_000,
  column: 256,
  exprDepth: 100,
  compoundSelect: 20,
  vdbeOp: 25_000,
  functionArg: 16,
  attach: 0,
  likePatternLength: 200,
  variableNumber: 10,
  triggerDepth: 0,
};

const OPTIONS = {
  // An immutable=1 URI would spare the file locks, but Deno takes a URI for a path as soon as the
  // process may read only some folders.
  readOnly: true,
  limits: LIMITS,
  defensive: true,
  // As in Python's sqlite3, so in BIRD's golds: "text" is a string where no column has the name.
  enableDoubleQuotedStringLiterals: true,
};

// Temporary tables stay in memory, as SQLite would write them to disk past Deno's permissions; the
// heap limit then bounds sorts as well.
const SETTINGS = `
  PRAGMA query_only = ON;
  PRAGMA cell_size_check = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -32768;
  PRAGMA hard_heap_limit = 536870912;
`;

// Deno frees a statement only when V8 happens to collect its wrapper, and V8 does not see the 10 kB and
// more behind it; closing the connection frees them all.
const STATEMENTS_PER_CONNECTION = 500;

const READ_ACTIONS = new Set([SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE]);

const SCHEMA_PRAGMAS = new Set(
  ["table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list", "index_info"],
);

const REFUSED_FUNCTIONS = new Set(
  ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"],
);

const REFUSAL =
  /^(not authorized|authorization denied|access to .* is prohibited|attempt to write a readonly database|table .* may not be modified|cannot modify .* because it is a view)/;
const OVER_A_LIMIT =
  /^(string or blob too big|statement too long|out of memory|too many |at most \d+ tables|variable number must|Recursion limit|parser stack overflow|Expression tree is too large|LIKE or GLOB pattern too complex)/;

/** The caps on one statement's result. */
export interface ResultCaps {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** What one connection does differently from SQLite. */
export interface ConnectionOptions {
  /** The time that date functions take for 'now'; the machine's clock when null or not given. */
  readonly now?: string | null;
  /** Whether rows come in the opposite order wherever SQL leaves the order open. */
  readonly reverseUnordered?: boolean;
}

/** An open database file. The file must not change while it is open. */
export class ReadOnlyDatabase implements Disposable {
  readonly #path: string;
  readonly #options: ConnectionOptions;
  #database: DatabaseSync;
  #statementCount = 0;

  /** @throws {Error} If SQLite or Deno's permissions refuse the file; the message names it. */
  constructor(path: string, options: ConnectionOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#database = opened(path, options);
  }

  /**
   * Runs one statement. Failures of the SQL are values; a string without a statement gives no rows, as
   * in Python's sqlite3. Text that is not UTF-8 is shown with U+FFFD, and the result says so.
   *
   * Not as in Python: text is cut at its first NUL character.
   */
  query(sql: string, caps: ResultCaps): SqlResult {
    if (++this.#statementCount % STATEMENTS_PER_CONNECTION === 0) this.#reconnect();
    const start = performance.now();
    const outcome = this.#outcome(sql, caps);
    return { ...outcome, elapsedMs: performance.now() - start };
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #reconnect(): void {
    this.#database.close();
    this.#database = opened(this.#path, this.#options);
  }

  #outcome(sql: string, caps: ResultCaps): Untimed<SqlResult> {
    if (sql.includes("\0")) return refusal("it holds a NUL character");
    if (isBlank(sql)) return { kind: "rows", columns: [], rows: [], truncated: false };
    if (holdsSeveralStatements(sql)) return refusal("it holds several statements");
    try {
      const found = this.#rows(sql, caps);
      return found.kind === "rows" && this.#holdsInvalidText(sql, found)
        ? { ...found, invalidText: true }
        : found;
    } catch (error) {
      return failure(error instanceof Error ? error.message : String(error));
    }
  }

  #rows(sql: string, caps: ResultCaps): Untimed<SqlResult> {
    const statement = this.#prepared(sql);
    const columns = statement.columns().map((column) => column.name);
    const rows: SqlRow[] = [];
    let bytes = 0;
    for (const row of cellsOf(statement)) {
      bytes += rowBytes(row);
      if (rows.length === caps.maxRows || bytes > caps.maxBytes) {
        return { kind: "rows", columns, rows, truncated: true };
      }
      rows.push(row);
    }
    // In Deno 2.9 `iterate()` ends alike after the last row and on an error, and `all()` cannot be capped.
    const error = lastError(this.#database);
    return error === null ? { kind: "rows", columns, rows, truncated: false } : failure(error);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#database.prepare(sql) as StatementSync;
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  }

  /** A second run reads bytes; it is needed only where the first shows a U+FFFD. */
  #holdsInvalidText(sql: string, { columns, rows, truncated }: Untimed<SqlRows>): boolean {
    const suspects = suspectColumns(rows);
    // A cut result is wrong anyway, and in UTF-16 SQLite itself replaces what is invalid, for Python as well.
    if (truncated || suspects.length === 0 || !this.#isUtf8) return false;
    let statement: StatementSync;
    try {
      statement = this.#prepared(textBytesSql(sql, columns.length, suspects));
    } catch {
      // A PRAGMA or EXPLAIN, which tells names only.
      return false;
    }
    for (const row of cellsOf(statement)) {
      if (row.some((cell) => cell instanceof Uint8Array && !isUtf8(cell))) return true;
    }
    return false;
  }

  get #isUtf8(): boolean {
    this.#database.setAuthorizer(null);
    const { encoding } = this.#database.prepare("PRAGMA encoding").get()!;
    this.#database.setAuthorizer(authorized);
    return encoding === "UTF-8";
  }
}

function opened(path: string, options: ConnectionOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(path, OPTIONS) as DatabaseSync;
    prepareForStrangers(database, options);
    return database;
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open database "${path}" as SQLite refuses it: ${reason}`);
  }
}

function prepareForStrangers(database: DatabaseSync, options: ConnectionOptions): void {
  const { now = null, reverseUnordered = false } = options;
  const common = { deterministic: true, useBigIntArguments: true };
  for (const [name, compute] of Object.entries(MATH_FUNCTIONS)) {
    database.function(name, common, compute);
  }
  database.function("log", { ...common, varargs: true }, log);
  const dates = now === null ? {} : pinnedFunctions(now, originalFunction);
  for (const [name, compute] of Object.entries(dates)) {
    database.function(name, { ...common, varargs: true }, compute);
  }
  database.exec(SETTINGS);
  // Views of an untrusted schema may not call functions of ours, as date functions then are.
  database.exec(`PRAGMA trusted_schema = ${now === null ? "OFF" : "ON"}`);
  if (reverseUnordered) database.exec("PRAGMA reverse_unordered_selects = ON");
  database.setAuthorizer(authorized);
}

/** Calls of SQLite's own functions, on a connection that all databases share. */
const originalCalls = new Map<string, sqlite.StatementSync>();
let functionsOnly: sqlite.DatabaseSync | undefined;

function originalFunction(name: string, cells: readonly SqlValue[]): SqlValue {
  const call = `SELECT ${name}(${Array(cells.length).fill("?")}) AS cell`;
  let statement = originalCalls.get(call);
  if (statement === undefined) {
    functionsOnly ??= new sqlite.DatabaseSync(":memory:");
    statement = functionsOnly.prepare(call);
    statement.setReadBigInts(true);
    originalCalls.set(call, statement);
  }
  return statement.get(...cells)!.cell as SqlValue;
}

/** Rows as arrays of cells, which Deno's types do not know of. */
function cellsOf(statement: StatementSync): Iterable<SqlRow> {
  return statement.iterate() as Iterable<unknown> as Iterable<SqlRow>;
}

type Untimed<T> = T extends unknown ? Omit<T, "elapsedMs"> : never;

function authorized(action: number, first: string | null, second: string | null): number {
  const isAllowed = READ_ACTIONS.has(action) ||
    action === constants.SQLITE_FUNCTION && !REFUSED_FUNCTIONS.has(second!.toLowerCase()) ||
    action === constants.SQLITE_PRAGMA && SCHEMA_PRAGMAS.has(first!.toLowerCase());
  return isAllowed ? SQLITE_OK : SQLITE_DENY;
}

function failure(message: string): Untimed<SqlFailure> {
  if (REFUSAL.test(message)) return { kind: "refused", message };
  return { kind: OVER_A_LIMIT.test(message) ? "too_large" : "error", message };
}

function refusal(reason: string): Untimed<SqlFailure> {
  return {
    kind: "refused",
    message: `Cannot run SQL as it must be a single statement: ${reason}`,
  };
}
