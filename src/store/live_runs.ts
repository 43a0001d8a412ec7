/**
 * What the store holds at the moment, while other processes write it: read in one piece, without a lock
 * that a writer could wait for.
 *
 * @module
 */

import { existsSync } from "node:fs";
import type { Outcome } from "../evaluation/verdict.ts";
import { type Phase, RunStore } from "./run_store.ts";

/** The verdicts on one question with one outcome in one phase. */
export interface Tally {
  readonly phase: Phase;
  readonly exampleId: string;
  readonly outcome: Outcome;
  readonly verdicts: number;
  readonly right: number;
}

/** Tool calls of a phase's episodes. */
export interface CallCount {
  readonly phase: Phase;
  readonly episodes: number;
  readonly calls: number;
  readonly redundant: number;
}

/** A store that is only read; closed at the end of its `using` block. */
export class LiveRuns implements Disposable {
  readonly store: RunStore;

  private constructor(store: RunStore) {
    this.store = store;
  }

  /**
   * Opens the store; null where nobody has stored anything yet.
   *
   * @throws {RangeError} If another version of this program wrote the file.
   * @throws {Error} If the file cannot be opened or is not a store.
   */
  static open(path: string): LiveRuns | null {
    if (!existsSync(path)) return null;
    const store = new RunStore(path, { isReadOnly: true });
    if (!store.file.isEmpty) return new LiveRuns(store);
    store[Symbol.dispose]();
    return null;
  }

  /** Another text whenever another process has stored something since, or was killed. */
  get version(): string {
    const { data_version } = this.store.file.statement("PRAGMA data_version").get()!;
    return `${data_version}: ${this.store.running()}`;
  }

  /** What `read` gives, of one moment: what is stored meanwhile is not in it. */
  atOnce<T>(read: () => T): T {
    const { file } = this.store;
    return file.attempt("read the store", () => {
      file.statement("BEGIN").run();
      try {
        return read();
      } finally {
        file.statement("COMMIT").run();
      }
    });
  }

  /** Id of the newest run; null where there is none. */
  newest(): number | null {
    return this.store.file.statement("SELECT max(id) AS id FROM runs").get()!.id as number | null;
  }

  /** The verdicts of a run, counted by phase, question and outcome. */
  tallies(run: number): Tally[] {
    return this.store.file.statement(`
      SELECT phase, example_id AS exampleId, outcome, count(*) AS verdicts, sum(is_correct) AS right
      FROM verdicts WHERE run = ? GROUP BY phase, example_id, outcome
    `).all(run) as unknown as Tally[];
  }

  /** The tool calls of a run's evaluations, counted by phase. */
  callCounts(run: number): CallCount[] {
    return this.store.file.statement(`
      SELECT phase, count(*) AS episodes, sum(calls) AS calls, sum(redundant) AS redundant
      FROM episodes WHERE run = ? AND phase != 'train' GROUP BY phase
    `).all(run) as unknown as CallCount[];
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
  }
}
