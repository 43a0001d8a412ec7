/**
 * An experiment's tables: what each algorithm reached over its seeds, and how FineStep differs from the
 * others.
 *
 * @module
 */

import { differenceOverSeeds } from "../evaluation/over_seeds.ts";
import { meanAndSd } from "../evaluation/statistics.ts";
import type { MeasureName } from "../evaluation/summary.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import { differenceText, measureOf } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** One policy's exam. */
export interface BenchResult {
  /** The algorithm, or what is changed of it. */
  readonly variant: string;
  readonly seed: number;
  /** Run of the evaluation. */
  readonly runId: number;
  /** What was asked and how, for instance `dev, greedy`. */
  readonly exam: string;
  readonly verdicts: readonly Verdict[];
  readonly measures: Readonly<Partial<Record<MeasureName, { readonly value: number }>>>;
}

const SHOWN: readonly MeasureName[] = ["ex", "redundant_tool_calls", "tool_calls"];

/** Seed of the comparisons' bootstraps. */
const SEED = 1;

/** Both tables of each exam. */
export function benchTables(results: readonly BenchResult[], style: Style): string {
  const exams = [...Map.groupBy(results, ({ exam }) => exam)];
  return exams.flatMap(([exam, some]) => {
    const variants = Map.groupBy(some, ({ variant }) => variant);
    const tables = [reached(variants, style), differences(variants, style)];
    return [`${exam}:`, ...tables.filter((text) => text !== "")];
  }).join("\n");
}

/** Mean over seeds, and the standard deviation where there are several. */
function reached(variants: ReadonlyMap<string, readonly BenchResult[]>, style: Style): string {
  const rows = Array.from(variants, ([variant, results]) => [
    variant,
    ...SHOWN.map((name) => meanText(name, results, style)),
    String(results.length),
  ]);
  return table(
    [{ heading: "mean over seeds, ± sd" }, ...SHOWN.map(heading), heading("seeds")],
    rows,
    style,
  );
}

function meanText(name: MeasureName, results: readonly BenchResult[], style: Style): string {
  const { mean, sd } = meanAndSd(results.map(({ measures }) => measures[name]!.value));
  const { isRate } = measureOf(name);
  const text = (value: number) => isRate ? (100 * value).toFixed(1) : value.toFixed(2);
  if (sd === null) return text(mean);
  return `${text(mean)} ${style.unicode ? "±" : "+/-"} ${text(sd)}`;
}

/** FineStep against each other algorithm, with 95 % intervals over seeds and questions. */
function differences(
  variants: ReadonlyMap<string, readonly BenchResult[]>,
  style: Style,
): string {
  const finestep = variants.get("finestep");
  if (!finestep) return "";
  const rows = [...variants].filter(([variant]) => variant !== "finestep")
    .map(([variant, others]) => [
      variant,
      ...SHOWN.map((name) => {
        const verdicts = (some: readonly BenchResult[]) => some.map(({ verdicts }) => verdicts);
        const { estimate, low, high, pValue } = differenceOverSeeds(
          name,
          verdicts(others),
          verdicts(finestep),
          { seed: SEED },
        );
        const n = finestep[0].verdicts.length;
        return `${differenceText(name, { value: estimate, low, high, n }, style)}, p ${
          pValue.toFixed(4)
        }`;
      }),
    ]);
  return rows.length === 0
    ? ""
    : table([{ heading: "finestep minus" }, ...SHOWN.map(heading)], rows, style);
}

function heading(name: string) {
  const { label, isRate } = measureOf(name);
  return { heading: isRate ? `${label}, %` : label, align: "right" } as const;
}
