/**
 * Results of answers and gold SQL, in full: each statement is run once, and what is found is kept.
 *
 * @module
 */

import type { SqlPool } from "../sandbox/pool.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import { rowBytes } from "../sandbox/row_bytes.ts";
import { ANSWER_CAPS } from "./options.ts";

/** Where results outlive the program. */
export interface KeptResults {
  /** Null where the result is not known. */
  get(databasePath: string, sql: string): SqlResult | null;
  put(databasePath: string, sql: string, result: SqlResult): void;
}

/** How answers are run. */
export interface AnswerOptions {
  /** Longest time in SQLite. */
  readonly timeoutMs: number;
  /** Asked first; none when not given. */
  readonly kept?: KeptResults;
}

/** Memory for results, in bytes; the ones used longest ago leave first. */
const MAX_BYTES = 2 ** 28;

/** What a result without rows counts; not 0, which is a result that is still being found. */
const MIN_BYTES = 100;

interface Known {
  readonly result: Promise<SqlResult>;
  /** 0 while it runs. */
  bytes: number;
}

/** Results of statements; concurrent requests for one statement share its run. */
export class AnswerResults {
  readonly timeoutMs: number;
  readonly #pool: Pick<SqlPool, "execute">;
  readonly #kept?: KeptResults;
  /** The one used last at the end. */
  readonly #known = new Map<string, Known>();
  #bytes = 0;

  constructor(pool: Pick<SqlPool, "execute">, { timeoutMs, kept }: AnswerOptions) {
    this.#pool = pool;
    this.timeoutMs = timeoutMs;
    this.#kept = kept;
  }

  /** The result of a statement on a database file, in full. */
  get(databasePath: string, sql: string): Promise<SqlResult> {
    const key = `${databasePath}\n${sql}`;
    const known = this.#known.get(key) ?? this.#begin(key, databasePath, sql);
    this.#known.delete(key);
    this.#known.set(key, known);
    return known.result;
  }

  #begin(key: string, databasePath: string, sql: string): Known {
    const known: Known = { result: this.#find(databasePath, sql), bytes: 0 };
    known.result.then(
      (result) => {
        known.bytes = resultBytes(result);
        this.#bytes += known.bytes;
        this.#forgetOldest();
      },
      () => this.#known.delete(key),
    );
    return known;
  }

  async #find(databasePath: string, sql: string): Promise<SqlResult> {
    const kept = this.#kept?.get(databasePath, sql);
    if (kept) return kept;
    const limits = { ...ANSWER_CAPS, timeoutMs: this.timeoutMs };
    const result = await this.#pool.execute(databasePath, sql, limits);
    this.#kept?.put(databasePath, sql, result);
    return result;
  }

  #forgetOldest(): void {
    for (const [key, { bytes }] of this.#known) {
      if (this.#bytes <= MAX_BYTES) return;
      if (bytes === 0) continue;
      this.#known.delete(key);
      this.#bytes -= bytes;
    }
  }
}

/** BIRD gives an answer and its gold SQL one time limit for both together (evaluation_ex.py). */
export function withinBudget(answer: SqlResult, gold: SqlResult, limitMs: number): SqlResult {
  if (answer.kind !== "rows" || answer.elapsedMs + gold.elapsedMs <= limitMs) return answer;
  return {
    kind: "timeout",
    message: `answer and gold SQL together took longer than ${limitMs} ms`,
    elapsedMs: answer.elapsedMs,
  };
}

function resultBytes(result: SqlResult): number {
  if (result.kind !== "rows") return MIN_BYTES;
  return result.rows.reduce((sum, row) => sum + rowBytes(row), MIN_BYTES);
}
