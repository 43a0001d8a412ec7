/**
 * Runs SQL that a model wrote, in child processes that are killed at their deadline.
 *
 * Covered: read-only files, wall-clock, row and memory limits, a crash of SQLite itself.
 * Not covered: databases in WAL mode, beside which SQLite itself may create `-wal` and `-shm` files.
 *
 * @module
 */

import type { SqlResult } from "./result_set.ts";
import { workerCommand, WorkerProcess } from "./worker_process.ts";

/** What one statement may use. */
export interface SqlLimits {
  /** Wall-clock milliseconds in SQLite, 30 s when not given; waiting for a free worker does not count. */
  readonly timeoutMs?: number;
  /** Rows after which a result is truncated, 1,000,000 when not given. */
  readonly maxRows?: number;
  /** Size after which a result is truncated, 32 MiB when not given; a cell counts 8 bytes and its text. */
  readonly maxBytes?: number;
}

/** How a pool is set up; the limits apply to statements that do not set their own. */
export interface SqlPoolOptions extends SqlLimits {
  /** Folders or files that SQL may read. */
  readonly roots: readonly string[];
  /** Processes, and so statements at a time, 2 when not given. */
  readonly workers?: number;
}

interface Waiting {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

/**
 * A pool of worker processes, started when first needed and kept warm. Statements that find no free
 * worker wait in order. A database file must not change while the pool is open.
 *
 * @example A failed statement is a value
 * ```ts
 * import assert from "node:assert/strict";
 * import { DatabaseSync } from "node:sqlite";
 * import { SqlPool } from "./pool.ts";
 *
 * const path = await Deno.makeTempFile();
 * new DatabaseSync(path).exec("CREATE TABLE singer (name TEXT)");
 *
 * await using pool = new SqlPool({ roots: [path] });
 * const found = await pool.execute(path, "SELECT count(*) FROM singer");
 * assert.deepEqual(found.kind === "rows" && found.rows, [[0n]]);
 * assert.equal((await pool.execute(path, "DROP TABLE singer")).kind, "refused");
 * await Deno.remove(path);
 * ```
 */
export class SqlPool implements AsyncDisposable {
  readonly #command: Deno.Command;
  readonly #limits: Required<SqlLimits>;
  readonly #processes = new Set<WorkerProcess>();
  readonly #idle: WorkerProcess[] = [];
  readonly #waiting: Waiting[] = [];
  #freeSlots: number;
  #isClosed = false;

  /** @throws {RangeError} If `workers` is not a positive integer or a root has a comma. */
  constructor(options: SqlPoolOptions) {
    const { roots, workers = 2, timeoutMs = 30_000, maxRows = 1_000_000, maxBytes = 2 ** 25 } =
      options;
    if (!Number.isInteger(workers) || workers < 1) {
      throw new RangeError(
        `Cannot make a SQL pool as 'workers' must be a positive integer: current value is ${workers}`,
      );
    }
    this.#command = workerCommand(roots);
    this.#freeSlots = workers;
    this.#limits = { timeoutMs, maxRows, maxBytes };
  }

  /**
   * Runs one statement on a database file. Whatever the SQL does is a value: rows, or a failure with
   * its kind. A file that is missing or outside the roots is an `error` whose message names it.
   *
   * @throws {Error} If no worker process can be started, or the pool is closed.
   */
  async execute(databasePath: string, sql: string, limits: SqlLimits = {}): Promise<SqlResult> {
    const {
      timeoutMs = this.#limits.timeoutMs,
      maxRows = this.#limits.maxRows,
      maxBytes = this.#limits.maxBytes,
    } = limits;
    await this.#takeSlot();
    try {
      const worker = await this.#worker();
      const result = await worker.ask({ databasePath, sql, maxRows, maxBytes }, timeoutMs);
      this.#putBack(worker);
      if (this.#isClosed) throw closedError();
      return result;
    } finally {
      this.#passOnSlot();
    }
  }

  /** Kills all workers; statements that run or wait are rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(closedError());
    await Promise.all([...this.#processes].map((worker) => worker.kill()));
  }

  #takeSlot(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#freeSlots > 0) {
      this.#freeSlots--;
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ start: resolve, refuse: reject });
    return promise;
  }

  #passOnSlot(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#freeSlots++;
    else next.start();
  }

  async #worker(): Promise<WorkerProcess> {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (worker.isAlive) return worker;
      await this.#discard(worker);
    }
    const worker = await WorkerProcess.start(this.#command);
    this.#processes.add(worker);
    // Closed while the worker started: nobody else will end it.
    if (this.#isClosed) await worker.kill();
    return worker;
  }

  #putBack(worker: WorkerProcess): void {
    if (worker.isAlive) this.#idle.push(worker);
    else this.#processes.delete(worker);
  }

  async #discard(worker: WorkerProcess): Promise<void> {
    this.#processes.delete(worker);
    await worker.kill();
  }
}

function closedError(): Error {
  return new Error("Cannot run SQL as the pool is closed");
}
