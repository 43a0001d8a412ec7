/**
 * What a system reached on an exam, over its seeds.
 *
 * @module
 */

import { bootstrapSeedDifference, meanAndSd } from "../evaluation/statistics.ts";
import { byQuestion, type MeasureName, sumsOf } from "../evaluation/summary.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import type { Metric } from "../store/run_store.ts";
import type { Score } from "./schema.ts";

/** What one evaluation found. */
export interface Findings {
  readonly verdicts: readonly Verdict[];
  /** Its measures, as they were stored. */
  readonly metrics: readonly Metric[];
}

/** Seed of the intervals over seeds. */
const SEED = 1;

/**
 * Every measure that all evaluations have. One evaluation has its own intervals; those of several are
 * bootstrapped over seeds and questions.
 *
 * @param findings One for each seed, of the same questions.
 */
export function scoresOf(findings: readonly Findings[]): Record<string, Score> {
  const [first, ...others] = findings;
  const shared = first.metrics.filter(({ name }) =>
    others.every(({ metrics }) => metrics.some((metric) => metric.name === name))
  );
  return Object.fromEntries(
    shared.map((metric) => [
      metric.name,
      others.length === 0 ? scoreOf(metric) : scoreOverSeeds(metric, findings),
    ]),
  );
}

function scoreOf({ value, low, high, n }: Metric): Score {
  return { value, low, high, n, overSeeds: null };
}

function scoreOverSeeds({ name, n }: Metric, findings: readonly Findings[]): Score {
  const values = findings.map(({ metrics }) =>
    metrics.find((metric) => metric.name === name)!.value
  );
  const { mean, sd } = meanAndSd(values);
  const overSeeds = { mean, sd: sd! };
  // The verdicts do not say which questions are quarantined. They are the same for all seeds, though,
  // so that the mean is the share over all.
  if (name === "sound_ex") return { value: mean, low: null, high: null, n, overSeeds };
  return { ...pooled(name as MeasureName, findings), n, overSeeds };
}

/** The ratio of sums over all seeds and questions, with its interval. */
function pooled(name: MeasureName, findings: readonly Findings[]) {
  const ids = [...byQuestion(findings[0].verdicts).keys()];
  const runs = findings.map(({ verdicts }) => {
    const attempts = byQuestion(verdicts);
    return sumsOf(name, ids.map((id) => attempts.get(id)!));
  });
  // What is more than nothing by some amount is that amount.
  const nothing = sumsOf(name, ids.map(() => []));
  const { estimate, low, high } = bootstrapSeedDifference([nothing], runs, { seed: SEED });
  return { value: estimate, low, high };
}
