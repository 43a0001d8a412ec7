/**
 * How long two statements take, for R-VES: timed as BIRD's official code times them.
 *
 * @module
 */

import type { ReadOnlyDatabase, ResultCaps } from "./read_only_database.ts";
import type { SqlFailure, SqlTimes } from "./result_set.ts";

/** What is run and how often. */
export interface TimedPair {
  readonly predictedSql: string;
  readonly goldSql: string;
  readonly iterations: number;
}

/**
 * Seconds of each run, predicted and gold in turns. As in BIRD's `evaluation_ves.py`, both run once
 * before that; each run has a connection of its own, and its time begins after connecting and ends
 * after all rows are fetched and the connection is closed.
 *
 * @param connect Opens the database for a statement; may throw.
 * @returns The failure of the first run that fails. A result over a cap is `too_large`.
 */
export function runTimes(
  { predictedSql, goldSql, iterations }: TimedPair,
  connect: (sql: string) => ReadOnlyDatabase,
  caps: ResultCaps,
): SqlTimes | SqlFailure {
  const predictedSeconds = new Float64Array(iterations);
  const goldSeconds = new Float64Array(iterations);
  for (let i = -1; i < iterations; i++) {
    for (
      const [sql, seconds] of [[predictedSql, predictedSeconds], [goldSql, goldSeconds]] as const
    ) {
      const run = timedRun(sql, connect, caps);
      if (typeof run !== "number") return run;
      if (i >= 0) seconds[i] = run;
    }
  }
  return { kind: "times", predictedSeconds, goldSeconds };
}

function timedRun(
  sql: string,
  connect: (sql: string) => ReadOnlyDatabase,
  caps: ResultCaps,
): number | SqlFailure {
  const database = connect(sql);
  const start = performance.now();
  const result = database.query(sql, caps);
  database[Symbol.dispose]();
  const elapsedMs = performance.now() - start;
  if (result.kind !== "rows") return result;
  if (!result.truncated) return elapsedMs / 1000;
  return { kind: "too_large", message: "Cannot time SQL as its result is over a cap", elapsedMs };
}
