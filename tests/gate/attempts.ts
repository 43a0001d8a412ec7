/**
 * Attempts for the tests of this folder.
 *
 * @module
 */

import type { AttemptResult, Exams } from "../../src/gate/attempt.ts";
import type { MetricOptions } from "../../src/gate/metrics.ts";

/** An attempt at question 0 of the shop: right, with one call that is not redundant. */
export function attempt(changes: Partial<AttemptResult> = {}): AttemptResult {
  const counts = { calls: 1, redundant: 0, failed: 0, messages: 2, violations: 0 };
  const fields = { exampleId: "0", databaseId: "shop", seed: 0, right: 1, strictlyRight: 1 };
  const whole = { ...fields, ...counts, ...changes };
  const { right, calls, redundant, violations } = whole;
  return { digest: `${right}${calls}${redundant}${violations}`, ...whole };
}

/** An attempt at each question; `right` has a 1 or 0 for each. */
export function attempts(
  right: readonly number[],
  changes: Partial<AttemptResult> = {},
): AttemptResult[] {
  return right.map((one, n) =>
    attempt({
      exampleId: `${n}`,
      databaseId: n % 2 === 0 ? "shop" : "farm",
      right: one,
      strictlyRight: one,
      ...changes,
    })
  );
}

/** The same attempts as both exams. */
export function asExams(some: readonly AttemptResult[]): Exams {
  return { greedy: some, sampled: some };
}

/** `n` questions, the first `count` of them right. */
export function firstRight(count: number, n: number): number[] {
  return Array.from({ length: n }, (_, index) => Number(index < count));
}

export const OPTIONS: MetricOptions = {
  alpha: 0.05,
  seed: 1,
  resamples: 999,
  margins: { greedyEx: 0.03, ex: 0.01, redundantCalls: 0.02, calls: 0.1, violations: 0.01 },
};
