/**
 * An evaluation in text: its measures, and EX by difficulty in BIRD's layout.
 *
 * @module
 */

import type { EvaluationSummary } from "../evaluation/summary.ts";
import { difficultyTable } from "./difficulty_table.ts";
import { evaluationTable } from "./evaluation_table.ts";
import type { Style } from "./style.ts";

/** The report of one evaluation under its title. */
export function evaluationText(title: string, summary: EvaluationSummary, style: Style): string {
  const { measures, breakdown } = summary;
  const { right, n } = breakdown.total;
  return [
    `${title}: ${right} of ${n} right`,
    "",
    evaluationTable(measures, null, style),
    "",
    difficultyTable("EX", breakdown.byDifficulty, breakdown.total),
  ].join("\n");
}
