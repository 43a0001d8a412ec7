/**
 * How one variant differs from all others of an exam, over seeds and questions.
 *
 * @module
 */

import { callsWhereSolved, differenceOverSeeds } from "../evaluation/over_seeds.ts";
import type { Difference } from "../evaluation/statistics.ts";
import type { MeasureName } from "../evaluation/summary.ts";
import { byVariant, type Exam } from "./report.ts";

/** Seed of the bootstraps, that of the bench. */
export const SEED = 1;

/** Differences from one rival, `own - rival`. */
export interface Comparison {
  readonly rival: string;
  readonly ex: Difference;
  readonly redundantCalls: Difference;
  readonly toolCalls: Difference;
  /** On the questions that both answer right; `before` is the rival. */
  readonly solved: ReturnType<typeof callsWhereSolved>;
}

/**
 * The differences of a variant from each other one; empty where it did not take the exam.
 *
 * @throws {RangeError} If the runs of the exam are not of the same questions.
 */
export function comparisons(exam: Exam, variant: string): Comparison[] {
  const variants = byVariant(exam);
  const own = variants.get(variant);
  if (!own) return [];
  return [...variants].filter(([name]) => name !== variant).map(([rival, others]) => {
    const [before, after] = [others, own].map((runs) => runs.map(({ verdicts }) => verdicts));
    const difference = (name: MeasureName) =>
      differenceOverSeeds(name, before, after, { seed: SEED });
    return {
      rival,
      ex: difference("ex"),
      redundantCalls: difference("redundant_tool_calls"),
      toolCalls: difference("tool_calls"),
      solved: callsWhereSolved(before, after),
    };
  });
}
