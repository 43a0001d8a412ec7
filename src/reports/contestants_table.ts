/**
 * Several evaluations of the same questions, a row each.
 *
 * @module
 */

import type { Measurements } from "../evaluation/summary.ts";
import { withoutIdleRows } from "./evaluation_report.ts";
import { estimateText, measureOf, MEASURES } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** An evaluation under the name of who was evaluated. */
export interface NamedMeasures {
  readonly name: string;
  /** Its run in the store. */
  readonly runId: number;
  readonly measures: Measurements;
}

/** Each measure with its 95 % interval, as far as any of them has it. */
export function contestantsTable(contestants: readonly NamedMeasures[], style: Style): string {
  const measured = contestants.map(({ measures }) => withoutIdleRows(measures));
  const names = Object.keys(MEASURES).filter((name) => measured.some((some) => name in some));
  const right = (heading: string) => ({ heading, align: "right" } as const);
  const headings = names.map((name) => {
    const { label, isRate } = measureOf(name);
    return right(isRate ? `${label}, %` : label);
  });
  const rows = contestants.map(({ name, runId, measures }, row) => [
    String(runId),
    name,
    ...names.map((measure) => {
      const estimate = measured[row][measure];
      return estimate ? estimateText(measure, estimate, style) : "";
    }),
    String(measures.ex.n),
  ]);
  return table([right("run"), { heading: "predictions" }, ...headings, right("n")], rows, style);
}
