/**
 * Scores trajectories without training: redundancy of calls, rewards and values of steps, and the
 * advantages that an algorithm would give them.
 *
 * Shapes: S steps of a trajectory.
 *
 * @module
 */

import type { Algorithm } from "../algorithms/algorithm.ts";
import { optionValues } from "../config/option_values.ts";
import { stepValues } from "../credit/assign.ts";
import { discountedOutcome } from "../credit/discount.ts";
import { CREDIT_OPTIONS, type CreditOptions } from "../credit/options.ts";
import { smoothed } from "../credit/smooth.ts";
import { type EpisodeRedundancy, redundancyOf } from "../evaluation/redundancy.ts";
import type { RewardOptions } from "../rewards/options.ts";
import { scored } from "../rewards/score.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import type { Trace } from "./trace.ts";

/** What the steps of one trajectory earn. All arrays have shape (S,). */
export interface StepCredit {
  /** The hard constraint. */
  readonly hard: Float64Array;
  /** Recall of the gold result; null where rows or gold of its group are not known. */
  readonly recall: Float64Array | null;
  /** Process reward; without recall it is the hard constraint (`softWeight` 0). */
  readonly process: Float64Array;
  /** Process reward after smoothing. */
  readonly smoothed: Float64Array;
  /** What needs the outcome of every trajectory of the group; null where one is not known. */
  readonly compared: {
    /** The trajectory's outcome, discounted to each step. */
    readonly discounted: Float64Array;
    /** Outcome and process mixed, before they are compared (credit/assign.ts). */
    readonly values: Float64Array;
    readonly advantages: Float64Array;
  } | null;
}

/** A trajectory with its scores. */
export interface AuditedTrace extends Trace {
  readonly redundancy: EpisodeRedundancy;
  readonly credit: StepCredit;
  /** Trajectories in its group. */
  readonly groupSize: number;
  /** Whether the algorithm would train on its group; null where outcomes are not known. */
  readonly isKept: boolean | null;
}

/**
 * Scores trajectories; those of one group are compared, as in training.
 *
 * @param rewards Options of the rewards. An outcome that was given counts before what the results
 * say: where they differ it is 1 or 0, whatever the options say of it.
 * @returns In the order of `traces`.
 * @throws {RangeError} If the algorithm assigns no credit to steps (`sft`).
 */
export function audit(
  traces: readonly Trace[],
  algorithm: Algorithm,
  rewards: RewardOptions,
): AuditedTrace[] {
  const options = creditOptions(algorithm);
  const audited = new Map<Trace, AuditedTrace>();
  for (const group of Map.groupBy(traces, (trace) => trace.group).values()) {
    const scores = scoredGroup(group, rewards);
    const isComparable = group.every(({ outcome }) => outcome !== null);
    const advantages = isComparable ? algorithm.advantages(scores) : null;
    const isKept = isComparable ? algorithm.keeps(scores) : null;
    group.forEach((trace, g) =>
      audited.set(trace, {
        ...trace,
        redundancy: redundancyOf(trace.episode),
        credit: {
          ...processOf(scores[g], options, hasRecall(group)),
          compared: advantages && { ...valuesOf(scores[g], options), advantages: advantages[g] },
        },
        groupSize: group.length,
        isKept,
      })
    );
  }
  return traces.map((trace) => audited.get(trace)!);
}

/** The part of an algorithm's options that decides the credit of steps. */
export function creditOptions({ name, options }: Algorithm): CreditOptions {
  if (!("lambda" in options)) {
    throw new RangeError(`Cannot assign credit by "${name}" as it must compare trajectories`);
  }
  const ofCredit = Object.entries(options).filter(([key]) => Object.hasOwn(CREDIT_OPTIONS, key));
  return optionValues(CREDIT_OPTIONS, Object.fromEntries(ofCredit), name);
}

/** Values are comparable only where all of a group have the same parts. */
function hasRecall(group: readonly Trace[]): boolean {
  return group.every(({ hasRows, hasGold }) => hasRows && hasGold);
}

function scoredGroup(group: readonly Trace[], rewards: RewardOptions): ScoredEpisode[] {
  const options = hasRecall(group) ? rewards : { ...rewards, softWeight: 0 };
  return group.map(({ episode, outcome }) => {
    const score = scored(episode, options);
    const isCorrect = outcome === 1;
    if (isCorrect === score.rewards.isCorrect) return score;
    return { ...score, rewards: { ...score.rewards, outcome: Number(isCorrect), isCorrect } };
  });
}

function processOf({ rewards }: ScoredEpisode, options: CreditOptions, hasRecall: boolean) {
  const { hard, recall, process } = rewards;
  return {
    hard,
    recall: hasRecall ? recall : null,
    process,
    smoothed: smoothed(process, options.smoothing, options.smoothingStrength),
  };
}

function valuesOf({ rewards }: ScoredEpisode, options: CreditOptions) {
  const { outcome, process } = rewards;
  return {
    discounted: discountedOutcome(outcome, process.length, options.gamma),
    values: stepValues(rewards, options),
  };
}
