/**
 * EX by what a question is and by how the policy went about it.
 *
 * @module
 */

import type { Difficulty } from "../dataset/example.ts";
import type { StopReason } from "../trajectory/episode.ts";
import { exScore, type Score, score } from "./execution_accuracy.ts";

/** What a breakdown needs to know of an evaluated episode. */
export interface Verdict {
  readonly difficulty: Difficulty | null;
  readonly databaseId: string;
  /** Tool calls of the episode. */
  readonly callCount: number;
  readonly stopReason: StopReason;
  readonly isCorrect: boolean;
}

/** Scores by group; groups without questions are left out. */
export interface Breakdown {
  readonly total: Score;
  /** In BIRD's order, `unrated` last. */
  readonly byDifficulty: ReadonlyMap<string, Score>;
  /** By name. */
  readonly byDatabase: ReadonlyMap<string, Score>;
  /** By number, ascending. */
  readonly byCallCount: ReadonlyMap<number, Score>;
  /** By name. */
  readonly byStopReason: ReadonlyMap<StopReason, Score>;
}

/**
 * Breaks EX down by difficulty, database, number of tool calls and stop reason.
 *
 * @example Scores by number of tool calls
 * ```ts
 * import assert from "node:assert/strict";
 * import { breakdown } from "./breakdown.ts";
 *
 * const verdict = { difficulty: null, databaseId: "shop", stopReason: "answer" } as const;
 * const { byCallCount } = breakdown([
 *   { ...verdict, callCount: 2, isCorrect: true },
 *   { ...verdict, callCount: 2, isCorrect: false },
 *   { ...verdict, callCount: 0, isCorrect: false },
 * ]);
 * assert.deepEqual([...byCallCount], [
 *   [0, { right: 0, n: 1, percent: 0 }],
 *   [2, { right: 1, n: 2, percent: 50 }],
 * ]);
 * ```
 */
export function breakdown(verdicts: readonly Verdict[]): Breakdown {
  return {
    total: score(verdicts),
    byDifficulty: exScore(verdicts).byDifficulty,
    byDatabase: scoresBy(verdicts, ({ databaseId }) => databaseId),
    byCallCount: scoresBy(verdicts, ({ callCount }) => callCount),
    byStopReason: scoresBy(verdicts, ({ stopReason }) => stopReason),
  };
}

function scoresBy<K extends string | number>(
  verdicts: readonly Verdict[],
  keyOf: (verdict: Verdict) => K,
): Map<K, Score> {
  const groups = [...Map.groupBy(verdicts, keyOf)].sort(([a], [b]) => a < b ? -1 : 1);
  return new Map(groups.map(([key, group]) => [key, score(group)]));
}
