/**
 * A measure of a variant's policies, over its seeds.
 *
 * @module
 */

import { type MeanAndSd, meanAndSd } from "../evaluation/statistics.ts";
import type { MeasureName } from "../evaluation/summary.ts";
import { type Bounded, withinRange } from "./numbers.ts";
import type { Attempted } from "./report.ts";

/**
 * The mean over seeds.
 *
 * @throws {RangeError} If there is no run, or one of them lacks the measure.
 */
export function meanOver(name: MeasureName, runs: readonly Attempted[]): MeanAndSd {
  return meanAndSd(runs.map((run) => measureIn(name, run).value));
}

/** Mean and Student's interval over seeds; of a single seed its own interval over questions. */
export function boundedOver(name: MeasureName, runs: readonly Attempted[]): Bounded {
  if (runs.length === 1) return measureIn(name, runs[0]);
  const { mean, interval } = meanOver(name, runs);
  const bounds = { low: interval?.low ?? null, high: interval?.high ?? null };
  return withinRange(name, { value: mean, ...bounds });
}

/** A measure of one run. */
export function measureIn(name: MeasureName, { measures, runId }: Attempted): Bounded {
  const measure = measures.get(name);
  if (measure) return measure;
  throw new RangeError(
    `Cannot report run ${runId} as it must have a measure: there is no "${name}"`,
  );
}
