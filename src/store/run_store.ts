/**
 * Everything measured, in one SQLite file: runs, their training steps, episodes and metrics.
 *
 * Several processes may write at once. A failed write leaves what was stored before as it was.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { CellInput } from "finestep/sqlite";
import type { Verdict } from "../evaluation/verdict.ts";
import { decodeEpisode, encodeEpisode } from "../trajectory/codec.ts";
import type { Episode } from "../trajectory/episode.ts";
import type { RunIdentity } from "./identity.ts";
import { RunLocks } from "./run_locks.ts";
import { type FileSettings, StoreFile } from "./store_file.ts";

/** Where the commands keep their store. */
export const DEFAULT_STORE_PATH = "results/runs/finestep.sqlite";

/** When something was measured: around training, in it, or in a run that only evaluates. */
export type Phase = "before" | "train" | "after" | "eval";

/** How a run stands. A run whose process was killed is `interrupted`, and has no end. */
export type RunStatus = "running" | "finished" | "failed" | "interrupted";

/** Whether a run has ended before it was finished, and can be gone on with. */
export function isStopped(status: RunStatus): boolean {
  return status === "interrupted" || status === "failed";
}

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
  /** What the numbers of an evaluation depend on; null for a training run. */
  readonly identity: RunIdentity | null;
}

/** A run as stored. */
export interface Run extends RunStart {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly started: string;
  /** ISO 8601, UTC; null while it runs, and where it was killed. */
  readonly finished: string | null;
  readonly status: RunStatus;
  readonly trainStepCount: number;
  readonly episodeCount: number;
  /** Questions evaluated, in all phases. */
  readonly verdictCount: number;
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

/** A question's verdict with the episode behind it. */
export interface JudgedRecord {
  readonly verdict: Verdict;
  /** Place of the question in its data set, from 0. */
  readonly position: number;
  /** Null where there is nothing to see: a prediction read from a file. */
  readonly episode: EpisodeRecord | null;
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

/** How a store is opened. */
export interface StoreSettings extends FileSettings {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Opens the store, making the file and its folder where they are missing.
 *
 * @throws {RangeError} If a newer program wrote the file, or it is a database of something else.
 * @throws {Error} If the file cannot be opened or is not a store.
 */
export function openStore(path: string = DEFAULT_STORE_PATH, settings?: StoreSettings): RunStore {
  mkdirSync(dirname(path), { recursive: true });
  return new RunStore(path, settings);
}

/** The open file; closed at the end of its `using` block. */
export class RunStore implements Disposable {
  /** Shared with the caches, which lie in the same file. */
  readonly file: StoreFile;
  readonly #now: () => number;
  readonly #locks: RunLocks;

  /** Opens an existing folder's file; see {@linkcode openStore}. */
  constructor(path: string, { now = Date.now, ...settings }: StoreSettings = {}) {
    this.#now = now;
    this.file = new StoreFile(path, settings);
    this.#locks = new RunLocks(path);
  }

  /**
   * Records that a run begins, and gives its id. Until it is finished or the store is closed, the run is
   * this process's.
   */
  startRun(start: RunStart): number {
    let id = 0;
    // Held before any other process sees it.
    this.file.transaction("store the start of a run", () => {
      const row = this.file.statement(`
        INSERT INTO runs
          (kind, started, status, command, options, seed, source_commit, data_set, algorithm, identity)
        VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)
        RETURNING id
      `).get(
        start.kind,
        this.#time(),
        start.command,
        JSON.stringify(start.options),
        start.seed,
        start.commit,
        start.dataSet,
        start.algorithm,
        start.identity && JSON.stringify(start.identity),
      );
      id = row!.id as number;
      this.#hold(id);
    });
    return id;
  }

  /** Records how a run ended. */
  finishRun(run: number, status: Exclude<RunStatus, "running">): void {
    this.file.attempt(
      `store the end of run ${run}`,
      () =>
        this.file.statement("UPDATE runs SET status = ?, finished = ? WHERE id = ?")
          .run(status, this.#time(), run),
    );
    this.#locks.release(run, { goesOn: status !== "finished" });
  }

  /** Stores what a training step measured, and its episodes: all of it or nothing. */
  addTrainStep(
    run: number,
    { trainStep, metrics }: TrainStep,
    episodes: readonly EpisodeRecord[] = [],
  ): void {
    this.file.transaction(`store training step ${trainStep} of run ${run}`, () => {
      this.file.statement("INSERT INTO train_steps VALUES (?, ?, ?)")
        .run(run, trainStep, JSON.stringify(metrics));
      this.file.insert(INSERT_EPISODE, episodes.map((record) => [run, ...episodeValues(record)]));
    });
  }

  /**
   * Stores the verdicts of questions, and the episodes behind them where there are any: all or none. A
   * verdict on the same question and seed replaces the one before, so that nothing counts twice.
   */
  addVerdicts(run: number, phase: Phase, judged: readonly JudgedRecord[]): void {
    this.file.transaction(`store verdicts of run ${run}`, () => {
      this.file.insert(
        "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        judged.map((record) => [run, phase, ...verdictValues(record)]),
      );
      this.file.insert(
        INSERT_EPISODE,
        judged.flatMap(({ episode }) => episode ? [[run, ...episodeValues(episode)]] : []),
      );
    });
  }

  /** The verdicts of one phase of a run, in the order of the questions. */
  verdicts(run: number, phase: Phase): Verdict[] {
    return this.file
      .statement("SELECT verdict FROM verdicts WHERE run = ? AND phase = ? ORDER BY position, seed")
      .all(run, phase)
      .map((row) => JSON.parse(row.verdict as string));
  }

  /**
   * Marks a stopped run as running again, by this process.
   *
   * @throws {RangeError} If another process works on it.
   */
  reopenRun(run: number): void {
    this.#hold(run);
    this.file.attempt(
      `go on with run ${run}`,
      () =>
        this.file.statement("UPDATE runs SET status = 'running', finished = NULL WHERE id = ?")
          .run(run),
    );
  }

  /** Stores metrics, all of them or none; a metric stored before is replaced. */
  addMetrics(run: number, metrics: readonly Metric[]): void {
    this.file.transaction(`store metrics of run ${run}`, () => {
      this.file.insert(
        "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)",
        metrics.map((m) => [run, m.phase, m.name, m.value, m.low, m.high, m.n]),
      );
    });
  }

  /**
   * Opens a run again that goes on from a checkpoint: forgets the steps after the first
   * `trainStepsDone` and what was measured after training, so that nothing is counted twice.
   *
   * @throws {RangeError} If there is no such run, or another process works on it.
   */
  truncateAfter(run: number, trainStepsDone: number): void {
    this.run(run);
    this.file.transaction(`go back to training step ${trainStepsDone} of run ${run}`, () => {
      const forget = (sql: string, ...values: CellInput[]) =>
        this.file.statement(sql).run(run, ...values);
      forget("DELETE FROM train_steps WHERE run = ? AND train_step >= ?", trainStepsDone);
      forget("DELETE FROM episodes WHERE run = ? AND train_step >= ?", trainStepsDone);
      forget("DELETE FROM episodes WHERE run = ? AND phase = 'after'");
      forget("DELETE FROM verdicts WHERE run = ? AND phase = 'after'");
      forget("DELETE FROM metrics WHERE run = ? AND phase = 'after'");
      this.reopenRun(run);
    });
  }

  /** Every run, oldest first. */
  runs(): Run[] {
    return this.file.statement(`${SELECT_RUNS} ORDER BY id`).all().map((row) => this.#toRun(row));
  }

  /**
   * One run.
   *
   * @throws {RangeError} If there is no such run.
   */
  run(id: number): Run {
    const row = this.file.statement(`${SELECT_RUNS} WHERE id = ?`).get(id);
    if (!row) {
      throw new RangeError(`Cannot read run ${id} as it is not in the store: ${this.file.path}`);
    }
    return this.#toRun(row);
  }

  /** Ids of the runs that a process works on, oldest first. */
  running(): number[] {
    return this.file.statement("SELECT id FROM runs WHERE status = 'running' ORDER BY id").all()
      .map(({ id }) => id as number).filter((id) => this.#locks.isHeld(id));
  }

  /** The training steps of a run from the one numbered `first` on, in order. */
  trainSteps(run: number, first = 0): TrainStep[] {
    return this.file
      .statement(`
        SELECT train_step, metrics FROM train_steps
        WHERE run = ? AND train_step >= ? ORDER BY train_step
      `)
      .all(run, first)
      .map((row) => ({ trainStep: Number(row.train_step), metrics: toNumbers(row.metrics) }));
  }

  /** The metrics of a run in the order they were stored. */
  metrics(run: number): Metric[] {
    return this.file
      .statement(
        "SELECT phase, name, value, low, high, n FROM metrics WHERE run = ? ORDER BY rowid",
      )
      .all(run)
      .map((row) => ({ ...row }) as unknown as Metric);
  }

  /** The episodes of one phase of a run in the order they were stored, read one at a time. */
  *episodes(run: number, phase: Phase): Generator<EpisodeRecord> {
    const sql = "SELECT * FROM episodes WHERE run = ? AND phase = ? ORDER BY id";
    for (const row of this.file.iterate(sql, run, phase)) yield toEpisodeRecord(row as Row);
  }

  /**
   * The last attempt at each of the questions tried last in one phase of a run, or in one of its train
   * steps; the newest first.
   *
   * @param among Episodes looked at, from the newest.
   */
  latestEpisodes(
    run: number,
    { phase, trainStep, count, among = 256 }: {
      readonly phase: Phase;
      /** Null outside of training. */
      readonly trainStep: number | null;
      /** Questions at most. */
      readonly count: number;
      readonly among?: number;
    },
  ): EpisodeRecord[] {
    return this.file.statement(`
      SELECT * FROM episodes WHERE id IN (
        SELECT max(id) FROM (
          SELECT id, example_id FROM episodes
          WHERE run = ? AND phase = ? AND train_step IS ? ORDER BY id DESC LIMIT ?
        ) GROUP BY example_id ORDER BY 1 DESC LIMIT ?
      ) ORDER BY id DESC
    `).all(run, phase, trainStep, among, count).map(toEpisodeRecord);
  }

  /** Closes the file, and lets go of the runs that have not ended. */
  [Symbol.dispose](): void {
    this.#locks[Symbol.dispose]();
    this.file[Symbol.dispose]();
  }

  #hold(run: number): void {
    if (this.#locks.hold(run)) return;
    throw new RangeError(
      `Cannot go on with run ${run} as one process alone may work on it: another one does, in ${this.file.path}`,
    );
  }

  /** What was killed could not say so. */
  #toRun(row: Row): Run {
    const run = toRun(row);
    const isKilled = run.status === "running" && !this.#locks.isHeld(run.id);
    return isKilled ? { ...run, status: "interrupted" } : run;
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

type Row = Readonly<Record<string, unknown>>;

const INSERT_EPISODE = `
  INSERT INTO episodes (run, phase, train_step, example_id, seed, outcome, is_correct, calls,
    redundant, stop_reason, episode) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const SELECT_RUNS = `
  SELECT *,
    (SELECT count(*) FROM train_steps WHERE run = runs.id) AS train_step_count,
    (SELECT count(*) FROM episodes WHERE run = runs.id) AS episode_count,
    (SELECT count(*) FROM verdicts WHERE run = runs.id) AS verdict_count
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
    identity: row.identity === null ? null : JSON.parse(row.identity as string),
    trainStepCount: row.train_step_count as number,
    episodeCount: row.episode_count as number,
    verdictCount: row.verdict_count as number,
  };
}

function episodeValues(record: EpisodeRecord): CellInput[] {
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

function verdictValues({ verdict, position }: JudgedRecord): CellInput[] {
  const { exampleId, seed, outcome, isCorrect } = verdict;
  return [exampleId, seed, position, outcome, Number(isCorrect), JSON.stringify(verdict)];
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
