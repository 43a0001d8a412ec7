/**
 * A score by difficulty, in the layout that BIRD's evaluation prints.
 *
 * @module
 */

/** BIRD's difficulties, then all of them together. */
export type DifficultyLevel = "simple" | "moderate" | "challenging" | "total";

/** A score of some questions. */
export interface LevelScore {
  /** In percent; NaN where there are no questions. */
  readonly score: number;
  readonly count: number;
}

const LEVELS: readonly DifficultyLevel[] = ["simple", "moderate", "challenging", "total"];

/**
 * The lines of `print_data` in bird-bench/mini_dev `evaluation/evaluation_utils.py`, byte for byte
 * where every level has questions.
 *
 * @param metric The score's name, for instance `EX`.
 */
export function difficultyTable(
  metric: string,
  scores: Readonly<Record<DifficultyLevel, LevelScore>>,
): string {
  const line = (first: string, cells: readonly string[]) =>
    [first, ...cells].map((cell) => cell.padEnd(20)).join(" ");
  const rule = "=".repeat(38);
  return [
    line("", LEVELS),
    line("count", LEVELS.map((level) => String(scores[level].count))),
    `${rule}    ${metric}    ${rule.slice(1)}`,
    line(metric, LEVELS.map((level) => scoreText(scores[level]))),
  ].join("\n");
}

function scoreText({ score, count }: LevelScore): string {
  return count === 0 ? "-" : score.toFixed(2);
}
