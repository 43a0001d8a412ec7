/**
 * Execution accuracy (EX) as BIRD's official code computes it (bird-bench/mini_dev
 * `evaluation_ex.py`), from results that were fetched before.
 *
 * @module
 */

import type { Difficulty } from "../dataset/example.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import { sameRows } from "../sandbox/same_rows.ts";

/** BIRD's budget for the predicted and the gold query together, in milliseconds. */
export const EX_BUDGET_MS = 30_000;

/** A share of right answers. */
export interface Score {
  readonly right: number;
  readonly n: number;
  /** `100 * right / n`; 0 where `n` is 0. */
  readonly percent: number;
}

/** EX over all questions and by difficulty, in BIRD's order; difficulties that do not occur are left out. */
export interface ExScore extends Score {
  readonly byDifficulty: ReadonlyMap<Difficulty | "unrated", Score>;
}

/**
 * Whether a prediction is right: both queries gave all their rows, within 30 s together, and the
 * rows are the same as sets (see {@linkcode sameRows}).
 *
 * No prediction, an error or a timeout of either query is wrong; two empty results are the same.
 * A result that a row or byte cap cut cannot be compared and is wrong, so run both without tight caps.
 *
 * @example Two queries without rows agree, a failed one agrees with nothing
 * ```ts
 * import assert from "node:assert/strict";
 * import { isCorrect } from "./execution_accuracy.ts";
 *
 * const empty = { kind: "rows", columns: ["a"], rows: [], truncated: false, elapsedMs: 1 } as const;
 * const failed = { kind: "error", message: "no such table: t", elapsedMs: 1 } as const;
 * assert.equal(isCorrect(empty, empty), true);
 * assert.equal(isCorrect(failed, failed), false);
 * assert.equal(isCorrect(null, empty), false);
 * ```
 *
 * @param predicted Result of the predicted SQL; null when there was no answer.
 */
export function isCorrect(predicted: SqlResult | null, gold: SqlResult): boolean {
  return predicted?.kind === "rows" && gold.kind === "rows" &&
    !predicted.truncated && !gold.truncated &&
    predicted.elapsedMs + gold.elapsedMs <= EX_BUDGET_MS &&
    sameRows(predicted.rows, gold.rows);
}

/** EX of verdicts, all together and by difficulty. */
export function exScore(
  verdicts: readonly { readonly difficulty: Difficulty | null; readonly isCorrect: boolean }[],
): ExScore {
  const groups = Map.groupBy(verdicts, ({ difficulty }) => difficulty ?? "unrated");
  const present = DIFFICULTIES.filter((difficulty) => groups.has(difficulty));
  return {
    ...score(verdicts),
    byDifficulty: new Map(
      present.map((difficulty) => [difficulty, score(groups.get(difficulty)!)]),
    ),
  };
}

/** The share of right answers among verdicts. */
export function score(verdicts: readonly { readonly isCorrect: boolean }[]): Score {
  const n = verdicts.length;
  const right = verdicts.filter(({ isCorrect }) => isCorrect).length;
  return { right, n, percent: n === 0 ? 0 : 100 * right / n };
}

const DIFFICULTIES = ["simple", "moderate", "challenging", "unrated"] as const;
