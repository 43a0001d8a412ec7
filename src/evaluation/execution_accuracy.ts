/**
 * Execution accuracy (EX) as BIRD's official code computes it (bird-bench/mini_dev
 * `evaluation_ex.py`), from results that were fetched before.
 *
 * @module
 */

import type { Difficulty } from "../dataset/example.ts";
import { wilsonInterval } from "./statistics.ts";

/** Whether a prediction is right by EX; rewards use the same rule. */
export { isSameResult as isCorrect } from "../sandbox/same_result.ts";

/** A count as a share of n, with Wilson's 95% interval. */
export interface Share {
  readonly n: number;
  /** `100 * count / n`; 0 where `n` is 0. */
  readonly percent: number;
  /** Bounds of the interval, in percent. */
  readonly low: number;
  readonly high: number;
}

/** A share of right answers. */
export interface Score extends Share {
  readonly right: number;
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
  const right = verdicts.filter(({ isCorrect }) => isCorrect).length;
  return { right, ...shareOf(right, verdicts.length) };
}

/** A count as a share. */
export function shareOf(count: number, n: number): Share {
  const { low, high } = wilsonInterval(count, n);
  return { n, percent: n === 0 ? 0 : 100 * count / n, low: 100 * low, high: 100 * high };
}

const DIFFICULTIES = ["simple", "moderate", "challenging", "unrated"] as const;
