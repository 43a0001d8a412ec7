/**
 * BIRD's scores of an evaluation, as its own scripts print them.
 *
 * @module
 */

import type { Verdict } from "../evaluation/verdict.ts";
import { difficultyTable, type LevelScore } from "./difficulty_table.ts";

/** What a question adds to a score, by the score's name in bird-bench/mini_dev `evaluation/*.py`. */
const SCORES: Readonly<Record<string, (verdict: Verdict) => number | null>> = {
  "EX": ({ isCorrect }) => Number(isCorrect),
  "Soft-F1": ({ softF1 }) => softF1,
  "R-VES": ({ rVesReward }) => rVesReward === null ? null : Math.sqrt(rVesReward),
};

/** A table for each score; R-VES where every query was timed. Empty without verdicts. */
export function officialTables(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "";
  const byLevel = Map.groupBy(verdicts, ({ difficulty }) => difficulty ?? "unrated");
  return Object.entries(SCORES)
    .filter(([, scoreOf]) => verdicts.every((verdict) => scoreOf(verdict) !== null))
    .map(([name, scoreOf]) => {
      const levels = Array.from(
        byLevel,
        ([level, group]) => [level, mean(group, scoreOf)] as const,
      );
      return difficultyTable(name, new Map(levels), mean(verdicts, scoreOf));
    })
    .join("\n\n");
}

/** Summed in the order of the questions and divided before it is multiplied, as the scripts do. */
function mean(group: readonly Verdict[], scoreOf: (verdict: Verdict) => number | null): LevelScore {
  const sum = group.reduce((total, verdict) => total + scoreOf(verdict)!, 0);
  return { percent: sum / group.length * 100, n: group.length };
}
