/**
 * Makes an algorithm of its options: credit assignment, surrogate loss, and the groups it keeps.
 *
 * @module
 */

import { stepAdvantages } from "../credit/assign.ts";
import type { ScoredGroup } from "../trajectory/group.ts";
import type { Algorithm } from "./algorithm.ts";
import type { AlgorithmOptions } from "./options.ts";
import { makeSurrogate } from "./surrogate.ts";

/** What an algorithm sets apart from the defaults. */
export type Preset = Readonly<Partial<AlgorithmOptions>>;

/** Below this an advantage is the rounding residue of a mean, not a difference. */
const NO_ADVANTAGE = 1e-8;

/** The algorithm that these options describe. */
export function policyGradient(name: string, options: AlgorithmOptions): Algorithm {
  return {
    name,
    advantages: (group) => stepAdvantages(group, options),
    keeps: (group) => isKept(group, options),
    resamples: options.resample,
    surrogate: makeSurrogate(options),
    options,
  };
}

function isKept(group: ScoredGroup, options: AlgorithmOptions): boolean {
  switch (options.dropZeroVariance) {
    case "none":
      return true;
    case "outcome":
      return group.some(({ rewards }) => rewards.outcome !== group[0].rewards.outcome);
    case "step":
      return stepAdvantages(group, options).some((steps) =>
        steps.some((advantage) => Math.abs(advantage) > NO_ADVANTAGE)
      );
  }
}
