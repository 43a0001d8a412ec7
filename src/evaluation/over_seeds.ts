/**
 * Two algorithms compared on the same questions, each by policies of several seeds.
 *
 * @module
 */

import { type BootstrapOptions, bootstrapSeedDifference, type Difference } from "./statistics.ts";
import { byQuestion, type MeasureName, sumsOf } from "./summary.ts";
import type { Verdict } from "./verdict.ts";

/** The evaluations of an algorithm's policies: the verdicts of one for each seed. */
export type SeedVerdicts = readonly (readonly Verdict[])[];

/**
 * The difference of a measure, `after - before`, with its interval and p-value over seeds and questions.
 *
 * @throws {RangeError} If the evaluations are not all of the same questions.
 */
export function differenceOverSeeds(
  name: MeasureName,
  before: SeedVerdicts,
  after: SeedVerdicts,
  options: BootstrapOptions,
): Difference {
  const ids = [...byQuestion(before[0]).keys()];
  const sums = (verdicts: readonly Verdict[]) => {
    const attempts = byQuestion(verdicts);
    if (attempts.size !== ids.length || ids.some((id) => !attempts.has(id))) {
      throw new RangeError(
        `Cannot compare over seeds as all evaluations must be of the same questions: ` +
          `there are some of ${ids.length} and some of ${attempts.size}`,
      );
    }
    return sumsOf(name, ids.map((id) => attempts.get(id)!));
  };
  return bootstrapSeedDifference(before.map(sums), after.map(sums), options);
}
