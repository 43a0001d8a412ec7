/**
 * Training runs on questions that take no database, for the tests of this folder.
 *
 * @module
 */

import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { defaults } from "../../src/config/option.ts";
import type { Example } from "../../src/dataset/example.ts";
import type { Script } from "../../src/policies/scripted.ts";
import { REWARD_OPTIONS } from "../../src/rewards/options.ts";
import type { SqlPool } from "../../src/sandbox/pool.ts";
import type { CollectSetup } from "../../src/trainer/collect.ts";
import { TRAIN_OPTIONS, type TrainOptions } from "../../src/trainer/options.ts";
import { SCHEDULE_OPTIONS, type ScheduleOptions } from "../../src/trainer/schedule.ts";
import { answer, sqlTask } from "../env/shop.ts";

/** Milliseconds that each statement of {@linkcode NUMBERS} says it took. */
export const SQL_MS = 2;

/** Runs `SELECT 7` without SQLite. */
const NUMBERS: Pick<SqlPool, "execute"> = {
  execute: (_path, sql) =>
    Promise.resolve({
      kind: "rows",
      columns: ["n"],
      rows: [[BigInt(sql.slice("SELECT ".length))]],
      truncated: false,
      elapsedMs: SQL_MS,
    }),
};

/** Questions whose right answer is 1. */
export function examples(count: number): Example[] {
  return Array.from({ length: count }, (_, n) => ({
    id: String(n),
    database: { id: "none", path: "none.sqlite", tables: [] },
    question: "Which?",
    evidence: "",
    goldSql: "SELECT 1",
    difficulty: null,
  }));
}

/** Answers the questions of `mixed` right and wrong by turns, all others right. */
export function alternating(mixed: readonly string[]): Script {
  const attempts = new Map<string, number>();
  return ({ exampleId }) => {
    const attempt = attempts.get(exampleId) ?? 0;
    attempts.set(exampleId, attempt + 1);
    return answer(mixed.includes(exampleId) && attempt % 2 === 1 ? "SELECT 0" : "SELECT 1");
  };
}

/** Options of a run of two groups of four episodes a step. */
export function trainOptions(
  changes: Partial<TrainOptions & ScheduleOptions> = {},
): TrainOptions & ScheduleOptions {
  return {
    ...defaults(TRAIN_OPTIONS),
    ...defaults(SCHEDULE_OPTIONS),
    groupsPerStep: 2,
    groupSize: 4,
    ...changes,
  };
}

/** What rollouts are made of. */
export function collectSetup(
  algorithm: string,
  exampleCount: number,
  changes: Partial<TrainOptions & ScheduleOptions> = {},
): CollectSetup & { readonly options: TrainOptions & ScheduleOptions } {
  return {
    algorithm: makeAlgorithm(algorithm),
    examples: examples(exampleCount),
    env: { task: sqlTask(NUMBERS) },
    rewardOptions: defaults(REWARD_OPTIONS),
    options: trainOptions(changes),
  };
}
