/**
 * Results of SQL that were found once and need not be found again, kept in the store by what they
 * depend on: the bytes of the database, the SQL, and the limits it ran under.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { SqlResult } from "../sandbox/result_set.ts";
import type { StoreFile } from "./store_file.ts";

/** Larger results are cheaper to find again than to keep. */
const MAX_STORED_BYTES = 2 ** 20;

/** Results written in one transaction. */
const WRITE_EVERY = 64;

/** A statement and all that its result depends on. */
export interface Statement {
  /** SHA-256 of the database file. */
  readonly database: string;
  readonly sql: string;
  /** Limits, the clock, SQLite's version: anything else that changes results, as text. */
  readonly context: string;
}

/** The cache; what is still unwritten is written when it is flushed or disposed of. */
export class ResultCache implements Disposable {
  readonly #file: StoreFile;
  /** What all statements of one database and context have in common, as a short text. */
  readonly #prefixes = new Map<string, string>();
  readonly #pending = new Map<string, Uint8Array>();

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** The result as it was found before, its time included; null where it is not known. */
  get(statement: Statement): SqlResult | null {
    const key = this.#key(statement);
    const pending = this.#pending.get(key);
    if (pending) return deserialize(pending);
    const row = this.#file.statement("SELECT result FROM sql_results WHERE key = ?").get(key);
    return row ? deserialize(row.result as Uint8Array) : null;
  }

  /** Keeps a result, unless another run might end otherwise or it is large. */
  put(statement: Statement, result: SqlResult): void {
    if (result.kind === "timeout" || result.kind === "crashed") return;
    const bytes = serialize(result);
    if (bytes.length > MAX_STORED_BYTES) return;
    this.#pending.set(this.#key(statement), bytes);
    if (this.#pending.size >= WRITE_EVERY) this.flush();
  }

  /** Writes what is unwritten. */
  flush(): void {
    if (this.#pending.size === 0) return;
    this.#file.transaction("store results of SQL", () => {
      this.#file.insert("INSERT OR REPLACE INTO sql_results VALUES (?, ?)", this.#pending);
    });
    this.#pending.clear();
  }

  [Symbol.dispose](): void {
    this.flush();
  }

  #key({ database, context, sql }: Statement): string {
    const shared = `${database} ${context}`;
    const prefix = this.#prefixes.get(shared) ?? digest(shared);
    this.#prefixes.set(shared, prefix);
    return prefix + sql;
  }
}

function digest(text: string): string {
  // V8's format is a part of what was stored; a newer one may not be readable.
  return createHash("sha256").update(`${Deno.version.v8} ${text}`).digest("hex");
}
