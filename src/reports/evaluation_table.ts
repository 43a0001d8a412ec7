/**
 * Evaluations side by side: before and after training, with the difference.
 *
 * @module
 */

import { differenceText, type Estimate, estimateText, measureOf, MEASURES } from "./measures.ts";
import { colored, type Style } from "./style.ts";
import { table } from "./table.ts";

/** The measures of one evaluation by the name of their metric. */
export type Measured = Readonly<Record<string, Estimate>>;

/** What an evaluation table shows beside the first evaluation. */
export interface Comparison {
  readonly after: Measured;
  /** Paired differences, after - before; a measure may have none. */
  readonly difference?: Measured;
}

/**
 * A row for each measure, with 95 % intervals and the count each number rests on.
 *
 * @example One evaluation
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluationTable } from "./evaluation_table.ts";
 * import { PLAIN } from "./style.ts";
 *
 * assert.equal(
 *   evaluationTable({ ex: { value: 0.5, low: 0.4, high: 0.6, n: 96 } }, null, PLAIN),
 *   [
 *     "+---------+-----------------------+----+",
 *     "| measure | value (95 % interval) |  n |",
 *     "| EX, %   |         50.0 +/- 10.0 | 96 |",
 *     "+---------+-----------------------+----+",
 *   ].join("\n"),
 * );
 * ```
 *
 * @param comparison A second evaluation of the same questions, or null.
 */
export function evaluationTable(
  before: Measured,
  comparison: Comparison | null,
  style: Style,
): string {
  const right = (heading: string) => ({ heading, align: "right" } as const);
  const columns = comparison
    ? [right("before"), right("after"), right("difference")]
    : [right("value (95 % interval)")];
  const names = orderedNames({ ...comparison?.after, ...before });
  const rows = names.map((name) => {
    const n = String((before[name] ?? comparison?.after[name]).n);
    return [rowLabel(name), ...cells(name, before, comparison, style), n];
  });
  return table([{ heading: "measure" }, ...columns, right("n")], rows, style);
}

/** The display table's measures first, the others in the order given. */
function orderedNames(measured: Measured): string[] {
  const known = Object.keys(MEASURES).filter((name) => Object.hasOwn(measured, name));
  return [...known, ...Object.keys(measured).filter((name) => !Object.hasOwn(MEASURES, name))];
}

function rowLabel(name: string): string {
  const { label, isRate } = measureOf(name);
  return isRate ? `${label}, %` : label;
}

function cells(
  name: string,
  before: Measured,
  comparison: Comparison | null,
  style: Style,
): string[] {
  const cell = (estimate?: Estimate) => estimate ? estimateText(name, estimate, style) : "";
  if (!comparison) return [cell(before[name])];
  return [
    cell(before[name]),
    cell(comparison.after[name]),
    differenceCell(name, comparison.difference?.[name], style),
  ];
}

/** Colored where the interval says which way it went and the measure says which way is better. */
function differenceCell(name: string, difference: Estimate | undefined, style: Style): string {
  if (!difference) return "";
  const text = differenceText(name, difference, style);
  const { better } = measureOf(name);
  const { low, high } = difference;
  if (better === null || low === null || high === null || (low <= 0 && high >= 0)) return text;
  const isBetter = (low > 0) === (better === "up");
  return colored(text, isBetter ? "green" : "red", style);
}
