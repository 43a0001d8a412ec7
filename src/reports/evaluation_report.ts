/**
 * An evaluation in text: its measures, BIRD's own tables, and why answers were not right.
 *
 * @module
 */

import type { EvaluationSummary } from "../evaluation/summary.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import { breakdownTable, dimensions } from "./breakdown_table.ts";
import { disagreementTable } from "./disagreement_table.ts";
import { evaluationTable, type Measured } from "./evaluation_table.ts";
import { officialTables } from "./official_tables.ts";
import { outcomeTable } from "./outcome_table.ts";
import type { Style } from "./style.ts";

/** Verdicts with what they measure. */
export interface Evaluated {
  readonly verdicts: readonly Verdict[];
  readonly summary: EvaluationSummary;
}

/** How much is printed. */
export interface ReportOptions {
  /** Whether EX is broken down in every way; the difficulty alone is always shown. */
  readonly details?: boolean;
}

/** The report of one evaluation under its title, in under 50 lines without details. */
export function evaluationText(
  title: string,
  { verdicts, summary }: Evaluated,
  style: Style,
  { details = false }: ReportOptions = {},
): string {
  const { breakdown, disagreements } = summary;
  const { right, n } = breakdown.total;
  return [
    `${title}: ${right} of ${n} right`,
    evaluationTable(withoutIdleRows(summary.measures), null, style),
    officialTables(verdicts),
    outcomeTable(verdicts, style),
    disagreementTable(disagreements, style),
    details ? breakdownTable(dimensions(breakdown), style) : "",
  ].filter((part) => part !== "").join("\n\n");
}

/** Rows about tool calls and messages say nothing of a file of predictions, which has none. */
export function withoutIdleRows(measured: Measured): Measured {
  if (measured.tool_calls?.value !== 0) return measured;
  const idle = ["tool_calls", "redundant_tool_calls", "failed_tool_calls"];
  const isIdle = ([name, { value }]: [string, { value: number }]) =>
    idle.includes(name) || (name === "format_violations" && value === 0);
  return Object.fromEntries(Object.entries(measured).filter((entry) => !isIdle(entry)));
}
