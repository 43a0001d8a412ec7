/**
 * Runs SQL that a model wrote, in child processes that are killed at their deadline.
 *
 * Covered: read-only files, wall-clock, row and memory limits, a clock that stands still, a worker that
 * is killed, crashes or lies.
 * Not covered: databases in WAL mode, beside which SQLite itself may create `-wal` and `-shm` files.
 *
 * @module
 */

import { DEFAULT_NOW, pinnedTime } from "./pinned_now.ts";
import type { SqlFailure, SqlResult, SqlTimes } from "./result_set.ts";
import type { QueryRequest, SqlAnswer, TimeRequest } from "./wire.ts";
import { type TimedRequest, workerCommand, WorkerProcess } from "./worker_process.ts";

/** What one statement may use, and how it is run. */
export interface SqlLimits {
  /** Wall-clock milliseconds in SQLite, 30 s when not given; waiting for a free worker does not count. */
  readonly timeoutMs?: number;
  /** Rows after which a result is truncated, 1,000,000 when not given. */
  readonly maxRows?: number;
  /** Size after which a result is truncated, 32 MiB when not given; a cell counts 8 bytes and its text. */
  readonly maxBytes?: number;
  /** Whether rows come in the opposite order wherever SQL leaves the order open; no when not given. */
  readonly reverseUnordered?: boolean;
}

/** How a pool is set up; the limits apply to statements that do not set their own. */
export interface SqlPoolOptions extends SqlLimits {
  /** Folders or files that SQL may read. */
  readonly roots: readonly string[];
  /** Processes, and so statements at a time, 2 when not given. */
  readonly workers?: number;
  /**
   * Statements that a worker may be given at once where many wait, 16 when not given. More take less time
   * altogether; with 1 none waits behind a slow one while another worker is free.
   */
  readonly maxBatch?: number;
  /** MiB of memory that a worker may hold, 1024 when not given; it is looked at 10 times a second. */
  readonly memoryMiB?: number;
  /** The ISO time that SQL takes for 'now', {@linkcode DEFAULT_NOW} when not given; `system`: the clock's. */
  readonly now?: string;
}

/** How two statements are timed. */
export interface SqlTimeOptions {
  /** Timed runs of each statement, 100 when not given, as in BIRD's official code. */
  readonly iterations?: number;
  /** Wall-clock milliseconds for all runs together. */
  readonly timeoutMs: number;
}

interface Job extends TimedRequest {
  readonly resolve: (answer: SqlAnswer) => void;
  readonly reject: (error: unknown) => void;
  hasCrashed: boolean;
}

const DEFAULT_LIMITS: Required<SqlLimits> = {
  timeoutMs: 30_000,
  maxRows: 1_000_000,
  maxBytes: 2 ** 25,
  reverseUnordered: false,
};

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
  readonly #now: string | null;
  readonly #workers: number;
  readonly #maxBatch: number;
  readonly #processes = new Set<WorkerProcess>();
  readonly #idle: WorkerProcess[] = [];
  readonly #queue: Job[] = [];
  /** One for each worker that works or starts. */
  readonly #lanes = new Set<Promise<void>>();
  #isClosed = false;

  /**
   * @param command Starts a worker, for tests of what the pool does with an odd one.
   * @throws {RangeError} If `workers`, `maxBatch` or `memoryMiB` is not a positive integer, `now` is no
   * time, or a root has a comma.
   */
  constructor(options: SqlPoolOptions, command?: Deno.Command) {
    const { roots, workers = 2, maxBatch = 16, memoryMiB = 1024, now = DEFAULT_NOW } = options;
    for (const [name, value] of Object.entries({ workers, maxBatch, memoryMiB })) {
      if (Number.isInteger(value) && value > 0) continue;
      throw new RangeError(
        `Cannot make a SQL pool as '${name}' must be a positive integer: current value is ${value}`,
      );
    }
    this.#command = command ?? workerCommand(roots, memoryMiB);
    this.#workers = workers;
    this.#maxBatch = maxBatch;
    this.#now = pinnedTime(now);
    this.#limits = withDefaults(options, DEFAULT_LIMITS);
  }

  /**
   * Runs one statement on a database file. Whatever the SQL does is a value: rows, or a failure with
   * its kind. A file that is missing or outside the roots is an `error` whose message names it. When a
   * worker dies, its statement is run once more.
   *
   * @throws {Error} If no worker process can be started, or the pool is closed.
   */
  execute(databasePath: string, sql: string, limits: SqlLimits = {}): Promise<SqlResult> {
    const { timeoutMs, ...rest } = withDefaults(limits, this.#limits);
    const request: QueryRequest = { kind: "query", databasePath, sql, now: this.#now, ...rest };
    return this.#answer({ request, timeoutMs }) as Promise<SqlResult>;
  }

  /**
   * Times two statements on a database file as BIRD's R-VES does: both once untimed, then in turns,
   * each run on a new connection, from after connecting to after closing, in one process.
   *
   * @returns Seconds by run; or the failure of the first run that fails.
   * @throws {Error} If no worker process can be started, or the pool is closed.
   */
  time(
    databasePath: string,
    predictedSql: string,
    goldSql: string,
    { iterations = 100, timeoutMs }: SqlTimeOptions,
  ): Promise<SqlTimes | SqlFailure> {
    const { timeoutMs: _, ...rest } = this.#limits;
    const request: TimeRequest = {
      kind: "time",
      databasePath,
      predictedSql,
      goldSql,
      iterations,
      now: this.#now,
      ...rest,
    };
    return this.#answer({ request, timeoutMs }) as Promise<SqlTimes | SqlFailure>;
  }

  /** Kills all workers; statements that run or wait are rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closedError());
    await Promise.all([...this.#processes].map((worker) => worker.kill()));
    // A worker that just started ends there.
    await Promise.all(this.#lanes);
  }

  #answer(request: TimedRequest): Promise<SqlAnswer> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...request, resolve, reject, hasCrashed: false });
      if (this.#lanes.size < this.#workers) this.#startLane();
    });
  }

  /** Lets one more worker take jobs until none waits. */
  #startLane(): void {
    const lane = this.#serve().finally(() => {
      this.#lanes.delete(lane);
      // Come while this lane counted as busy though it had just ended.
      if (this.#queue.length > 0) this.#startLane();
    });
    this.#lanes.add(lane);
  }

  async #serve(): Promise<void> {
    while (this.#queue.length > 0) {
      try {
        await this.#serveBatch(await this.#worker());
      } catch (error) {
        this.#queue.shift()?.reject(error);
      }
    }
  }

  async #serveBatch(worker: WorkerProcess): Promise<void> {
    // So small a part of what waits that a slow statement holds nobody up while another worker is idle.
    const share = Math.ceil(this.#queue.length / (4 * this.#workers));
    const jobs = this.#queue.splice(0, Math.min(share, this.#maxBatch));
    let answered = 0;
    for await (const answer of worker.answers(jobs)) this.#settle(jobs[answered++], answer);
    this.#putFirst(jobs.slice(answered));
    if (worker.isAlive) this.#idle.push(worker);
    else await this.#discard(worker);
  }

  #settle(job: Job, answer: SqlAnswer): void {
    if (!this.#isClosed && (answer.kind !== "crashed" || job.hasCrashed)) {
      job.resolve(answer);
    } else {
      job.hasCrashed = true;
      this.#putFirst([job]);
    }
  }

  #putFirst(jobs: readonly Job[]): void {
    if (this.#isClosed) {
      for (const { reject } of jobs) reject(closedError());
    } else {
      this.#queue.unshift(...jobs);
    }
  }

  async #worker(): Promise<WorkerProcess> {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (worker.isAlive) return worker;
      await this.#discard(worker);
    }
    const start = () => WorkerProcess.start(this.#command);
    // A process can be killed before its first request, too.
    const worker = await start().catch(start);
    this.#processes.add(worker);
    // Closed while the worker started: nobody else will end it.
    if (this.#isClosed) await worker.kill();
    return worker;
  }

  /** Frees the pipes of a worker as well, which stay open when it dies by itself. */
  async #discard(worker: WorkerProcess): Promise<void> {
    this.#processes.delete(worker);
    await worker.kill();
  }
}

function withDefaults(limits: SqlLimits, defaults: Required<SqlLimits>): Required<SqlLimits> {
  const {
    timeoutMs = defaults.timeoutMs,
    maxRows = defaults.maxRows,
    maxBytes = defaults.maxBytes,
    reverseUnordered = defaults.reverseUnordered,
  } = limits;
  return { timeoutMs, maxRows, maxBytes, reverseUnordered };
}

function closedError(): Error {
  return new Error("Cannot run SQL as the pool is closed");
}
