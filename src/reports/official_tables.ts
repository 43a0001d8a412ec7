/**
 * BIRD's scores of an evaluation, as its own scripts print them.
 *
 * @module
 */

import type { Verdict } from "../evaluation/verdict.ts";
import { difficultyTable, type LevelScore } from "./difficulty_table.ts";

/** What a question adds to a score. */
type ScoreOf = (verdict: Verdict) => number;

/** By the score's name in bird-bench/mini_dev `evaluation/*.py`. */
const SCORES: Readonly<Record<string, ScoreOf>> = {
  "EX": ({ isCorrect }) => Number(isCorrect),
  "Soft-F1": ({ softF1 }) => softF1,
};

const R_VES: ScoreOf = ({ rVesReward }) => Math.sqrt(rVesReward ?? 0);

/** A table for each score; R-VES where every right answer was timed. Empty without verdicts. */
export function officialTables(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "";
  const byLevel = Map.groupBy(verdicts, ({ difficulty }) => difficulty ?? "unrated");
  const scores = isTimed(verdicts) ? { ...SCORES, "R-VES": R_VES } : SCORES;
  return Object.entries(scores).map(([name, scoreOf]) => {
    const levels = Array.from(byLevel, ([level, group]) => [level, mean(group, scoreOf)] as const);
    return difficultyTable(name, new Map(levels), mean(verdicts, scoreOf));
  }).join("\n\n");
}

/** A run that was stopped while it timed answers has no R-VES yet. */
function isTimed(verdicts: readonly Verdict[]): boolean {
  const hasReward = ({ rVesReward }: Verdict) => rVesReward !== null;
  return verdicts.some(hasReward) &&
    verdicts.every((verdict) => !verdict.isCorrect || hasReward(verdict));
}

/** Summed in the order of the questions and divided before it is multiplied, as the scripts do. */
function mean(group: readonly Verdict[], scoreOf: ScoreOf): LevelScore {
  const sum = group.reduce((total, verdict) => total + scoreOf(verdict), 0);
  return { percent: sum / group.length * 100, n: group.length };
}
