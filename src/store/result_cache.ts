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
  readonly #pending = new Map<string, readonly [key: Uint8Array, result: Uint8Array]>();

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** The result as it was found before, its time included; null where it is not known. */
  get(statement: Statement): SqlResult | null {
    const key = keyOf(statement);
    const pending = this.#pending.get(key.toHex());
    if (pending) return deserialize(pending[1]);
    const row = this.#file.statement("SELECT result FROM sql_results WHERE key = ?").get(key);
    return row ? deserialize(row.result as Uint8Array) : null;
  }

  /** Keeps a result, unless another run might end otherwise or it is large. */
  put(statement: Statement, result: SqlResult): void {
    if (result.kind === "timeout" || result.kind === "crashed") return;
    const bytes = serialize(result);
    if (bytes.length > MAX_STORED_BYTES) return;
    const key = keyOf(statement);
    this.#pending.set(key.toHex(), [key, bytes]);
    if (this.#pending.size >= WRITE_EVERY) this.flush();
  }

  /** Writes what is unwritten. */
  flush(): void {
    if (this.#pending.size === 0) return;
    this.#file.transaction("store results of SQL", () => {
      this.#file.insert("INSERT OR REPLACE INTO sql_results VALUES (?, ?)", this.#pending.values());
    });
    this.#pending.clear();
  }

  [Symbol.dispose](): void {
    this.flush();
  }
}

function keyOf({ database, sql, context }: Statement): Uint8Array {
  // V8's format is a part of what was stored; a newer one may not be readable.
  const parts = [database, context, Deno.version.v8, sql];
  return createHash("sha256").update(JSON.stringify(parts)).digest();
}
