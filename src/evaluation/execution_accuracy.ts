/**
 * Execution accuracy (EX) as BIRD's official code computes it (bird-bench/mini_dev
 * `evaluation_ex.py`), from results that were fetched before.
 *
 * @module
 */

import type { Difficulty } from "../dataset/example.ts";

/** Whether a prediction is right by EX; rewards use the same rule. */
export { isSameResult as isCorrect } from "../sandbox/same_result.ts";

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
