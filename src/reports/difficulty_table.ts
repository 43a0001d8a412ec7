/**
 * A score by difficulty, in the layout that BIRD's evaluation prints.
 *
 * @module
 */

/** A score of some questions. */
export interface LevelScore {
  readonly percent: number;
  /** How many questions. */
  readonly n: number;
}

const LEVELS = ["simple", "moderate", "challenging"];
const CELL_WIDTH = 20;

/**
 * The lines of `print_data` in bird-bench/mini_dev `evaluation/evaluation_utils.py`; a difficulty
 * without questions has a dash for its score.
 *
 * @param metric The score's name, for instance `EX`.
 */
export function difficultyTable(
  metric: string,
  byDifficulty: ReadonlyMap<string, LevelScore>,
  total: LevelScore,
): string {
  const none = { percent: 0, n: 0 };
  const scores = [...LEVELS.map((level) => byDifficulty.get(level) ?? none), total];
  return [
    line(["", ...LEVELS, "total"]),
    line(["count", ...scores.map(({ n }) => String(n))]),
    `${"=".repeat(38)}    ${metric}    ${"=".repeat(37)}`,
    line([metric, ...scores.map(({ percent, n }) => n === 0 ? "-" : twoDecimals(percent))]),
  ].join("\n");
}

/** Python's `.2f` gives an exact tie, which only eighths are, to the even digit; toFixed goes up. */
function twoDecimals(percent: number): string {
  const isEvenBelow = (8 * percent) % 4 === 1;
  return (isEvenBelow ? percent - 0.005 : percent).toFixed(2);
}

function line(cells: readonly string[]): string {
  return cells.map((cell) => cell.padEnd(CELL_WIDTH)).join(" ");
}
