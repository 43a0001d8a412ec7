/**
 * Everything measured, in one SQLite file: runs, their training steps, episodes and metrics.
 *
 * Several processes may write at once. A failed write leaves what was stored before as it was.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { decodeEpisode, encodeEpisode } from "../trajectory/codec.ts";
import type { Episode } from "../trajectory/episode.ts";
import { migrate } from "./migrations.ts";

/** Where the commands keep their store. */
export const DEFAULT_STORE_PATH = "results/runs/finestep.sqlite";

/** How long a write waits for another process's. */
const BUSY_TIMEOUT_MS = 10_000;

/** When something was measured: around training, in it, or in a run that only evaluates. */
export type Phase = "before" | "train" | "after" | "eval";

/** How a run stands. A run that was killed stays `running`. */
export type RunStatus = "running" | "finished" | "failed" | "interrupted";

/** What is known of a run when it starts. */
export interface RunStart {
  readonly kind: "train" | "eval";
  /** The command line, as a reader would repeat it. */
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Commit of the source tree; null outside of one. */
  readonly commit: string | null;
  readonly dataSet: string;
  /** Null for a run that only evaluates. */
  readonly algorithm: string | null;
}

/** A run as stored. */
export interface Run extends RunStart {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** ISO 8601, UTC; null while it runs. */
  readonly finished: string | null;
  readonly status: RunStatus;
  readonly trainStepCount: number;
  readonly episodeCount: number;
}

/** The metrics of one training step by their keys (`reward/outcome`, `time/rollout_ms`, …). */
export interface TrainStep {
  /** Counted from 0. */
  readonly trainStep: number;
  /** A value that is not finite is kept as NaN. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** An episode with its verdicts. */
export interface EpisodeRecord {
  readonly phase: Phase;
  /** Counted from 0; null outside of training. */
  readonly trainStep: number | null;
  /** Reward of the final answer. */
  readonly outcome: number;
  readonly isCorrect: boolean;
  /** Redundant tool calls among the episode's. */
  readonly redundantCalls: number;
  readonly episode: Episode;
}

/** One number that a run is judged by, with its interval and the count it rests on. */
export interface Metric {
  readonly phase: Phase;
  readonly name: string;
  readonly value: number;
  /** Bounds of the 95 % interval; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number;
}

/** Settings of a store that tests change. */
export interface StoreSettings {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Set on the connection after the store's own, for instance `max_page_count = 100`. */
  readonly pragmas?: readonly string[];
}

/**
 * Opens the store, making the file and its folder where they are missing.
 *
 * @throws {RangeError} If a newer program wrote the file.
 * @throws {Error} If the file cannot be opened or is not a store.
 */
export function openStore(path: string = DEFAULT_STORE_PATH, settings?: StoreSettings): RunStore {
  mkdirSync(dirname(path), { recursive: true });
  return new RunStore(path, settings);
}

/** The open file; closed at the end of its `using` block. */
export class RunStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #now: () => number;

  /** Opens an existing folder's file; see {@linkcode openStore}. */
  constructor(path: string, { now = Date.now, pragmas = [] }: StoreSettings = {}) {
    this.#path = path;
    this.#now = now;
    this.#database = this.#attempt("open the store", () => openDatabase(path, pragmas));
  }

  /** Records that a run begins, and gives its id. */
  startRun(start: RunStart): number {
    return this.#attempt("store the start of a run", () => {
      const { lastInsertRowid } = this.#database.prepare(`
        INSERT INTO runs
          (kind, started, status, command, options, seed, source_commit, data_set, algorithm)
        VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?)
      `).run(
        start.kind,
        this.#time(),
        start.command,
        JSON.stringify(start.options),
        start.seed,
        start.commit,
        start.dataSet,
        start.algorithm,
      );
      return Number(lastInsertRowid);
    });
  }

  /** Records how a run ended. */
  finishRun(run: number, status: Exclude<RunStatus, "running">): void {
    this.#attempt(
      `store the end of run ${run}`,
      () =>
        this.#database.prepare("UPDATE runs SET status = ?, finished = ? WHERE id = ?")
          .run(status, this.#time(), run),
    );
  }

  /** Stores what a training step measured, and its episodes: all of it or nothing. */
  addTrainStep(
    run: number,
    { trainStep, metrics }: TrainStep,
    episodes: readonly EpisodeRecord[] = [],
  ): void {
    this.#transaction(`store training step ${trainStep} of run ${run}`, () => {
      this.#database.prepare("INSERT INTO train_steps VALUES (?, ?, ?)")
        .run(run, trainStep, JSON.stringify(metrics));
      this.#insert(INSERT_EPISODE, episodes.map((record) => [run, ...episodeValues(record)]));
    });
  }

  /** Stores episodes, all of them or none. */
  addEpisodes(run: number, records: readonly EpisodeRecord[]): void {
    this.#insertAll(
      `store episodes of run ${run}`,
      INSERT_EPISODE,
      records.map((record) => [run, ...episodeValues(record)]),
    );
  }

  /** Forgets the episodes and metrics of one phase, before it is run again. */
  forget(run: number, phase: Phase): void {
    this.#transaction(`forget phase "${phase}" of run ${run}`, () => {
      for (const table of ["episodes", "metrics"]) {
        this.#database.prepare(`DELETE FROM ${table} WHERE run = ? AND phase = ?`).run(run, phase);
      }
    });
  }

  /** Stores metrics, all of them or none; a metric stored before is replaced. */
  addMetrics(run: number, metrics: readonly Metric[]): void {
    this.#insertAll(
      `store metrics of run ${run}`,
      "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)",
      metrics.map((m) => [run, m.phase, m.name, m.value, m.low, m.high, m.n]),
    );
  }

  /**
   * Opens a run again that goes on from a checkpoint: forgets the steps after the first
   * `trainStepsDone` and what was measured after training, so that nothing is counted twice.
   *
   * @throws {RangeError} If there is no such run.
   */
  truncateAfter(run: number, trainStepsDone: number): void {
    this.run(run);
    this.#transaction(`go back to training step ${trainStepsDone} of run ${run}`, () => {
      const forget = (sql: string, ...values: SQLInputValue[]) =>
        this.#database.prepare(sql).run(run, ...values);
      forget("DELETE FROM train_steps WHERE run = ? AND train_step >= ?", trainStepsDone);
      forget("DELETE FROM episodes WHERE run = ? AND train_step >= ?", trainStepsDone);
      forget("DELETE FROM episodes WHERE run = ? AND phase = 'after'");
      forget("DELETE FROM metrics WHERE run = ? AND phase = 'after'");
      forget("UPDATE runs SET status = 'running', finished = NULL WHERE id = ?");
    });
  }

  /** Every run, oldest first. */
  runs(): Run[] {
    return this.#database.prepare(`${SELECT_RUNS} ORDER BY id`).all().map(toRun);
  }

  /**
   * One run.
   *
   * @throws {RangeError} If there is no such run.
   */
  run(id: number): Run {
    const row = this.#database.prepare(`${SELECT_RUNS} WHERE id = ?`).get(id);
    if (!row) {
      throw new RangeError(`Cannot read run ${id} as it is not in the store: ${this.#path}`);
    }
    return toRun(row);
  }

  /** The training steps of a run, in order. */
  trainSteps(run: number): TrainStep[] {
    return this.#database
      .prepare("SELECT train_step, metrics FROM train_steps WHERE run = ? ORDER BY train_step")
      .all(run)
      .map((row) => ({ trainStep: Number(row.train_step), metrics: toNumbers(row.metrics) }));
  }

  /** The metrics of a run in the order they were stored. */
  metrics(run: number): Metric[] {
    return this.#database
      .prepare("SELECT phase, name, value, low, high, n FROM metrics WHERE run = ? ORDER BY rowid")
      .all(run)
      .map((row) => ({ ...row }) as unknown as Metric);
  }

  /** The episodes of one phase of a run in the order they were stored, read one at a time. */
  *episodes(run: number, phase: Phase): Generator<EpisodeRecord> {
    const rows = this.#database
      .prepare("SELECT * FROM episodes WHERE run = ? AND phase = ? ORDER BY id")
      .iterate(run, phase);
    for (const row of rows) yield toEpisodeRecord(row as Row);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#database.close();
  }

  #insertAll(doing: string, sql: string, rows: readonly SQLInputValue[][]): void {
    this.#transaction(doing, () => this.#insert(sql, rows));
  }

  #insert(sql: string, rows: readonly SQLInputValue[][]): void {
    const statement = this.#database.prepare(sql);
    for (const row of rows) statement.run(...row);
  }

  #transaction(doing: string, write: () => void): void {
    this.#attempt(doing, () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        write();
        this.#database.exec("COMMIT");
      } catch (error) {
        // A full disk has already rolled the transaction back.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  /** Says what could not be done, and in which file, when SQLite refuses. */
  #attempt<T>(doing: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if ((error as { code?: string }).code !== "ERR_SQLITE_ERROR") throw error;
      const reason = (error as Error).message;
      throw new Error(`Cannot ${doing} as ${reason}: ${this.#path}`, { cause: error });
    }
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

function openDatabase(path: string, pragmas: readonly string[]): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    database.exec("PRAGMA journal_mode = WAL");
    migrate(database);
    for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

type Row = Readonly<Record<string, unknown>>;

const INSERT_EPISODE = `
  INSERT INTO episodes (run, phase, train_step, example_id, seed, outcome, is_correct, calls,
    redundant, stop_reason, episode) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const SELECT_RUNS = `
  SELECT *,
    (SELECT count(*) FROM train_steps WHERE run = runs.id) AS train_step_count,
    (SELECT count(*) FROM episodes WHERE run = runs.id) AS episode_count
  FROM runs`;

function toRun(row: Row): Run {
  return {
    id: row.id as number,
    kind: row.kind as Run["kind"],
    started: row.started as string,
    finished: row.finished as string | null,
    status: row.status as RunStatus,
    command: row.command as string,
    options: JSON.parse(row.options as string),
    seed: row.seed as number,
    commit: row.source_commit as string | null,
    dataSet: row.data_set as string,
    algorithm: row.algorithm as string | null,
    trainStepCount: row.train_step_count as number,
    episodeCount: row.episode_count as number,
  };
}

function episodeValues(record: EpisodeRecord): SQLInputValue[] {
  const { episode } = record;
  return [
    record.phase,
    record.trainStep,
    episode.exampleId,
    episode.seed,
    record.outcome,
    Number(record.isCorrect),
    episode.steps.filter((step) => step.action.kind === "toolCall").length,
    record.redundantCalls,
    episode.stopReason,
    encodeEpisode(episode),
  ];
}

function toEpisodeRecord(row: Row): EpisodeRecord {
  return {
    phase: row.phase as Phase,
    trainStep: row.train_step as number | null,
    outcome: row.outcome as number,
    isCorrect: row.is_correct === 1,
    redundantCalls: row.redundant as number,
    episode: decodeEpisode(row.episode as string),
  };
}

/** JSON writes NaN and the infinities as null. */
function toNumbers(json: unknown): Record<string, number> {
  return JSON.parse(json as string, (_, value) => value ?? NaN);
}
