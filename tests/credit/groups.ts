/**
 * Scored trajectories for tests, of the numbers that matter there.
 *
 * @module
 */

import type { ScoredGroup, ScoredTrajectory } from "../../src/trajectory/group.ts";

/** An outcome with process rewards, and state keys if they matter. */
export interface TrajectoryNumbers {
  readonly outcome: number;
  readonly process: readonly number[];
  readonly stateKeys?: readonly string[];
}

export function scoredTrajectory(numbers: TrajectoryNumbers): ScoredTrajectory {
  const process = Float64Array.from(numbers.process);
  return {
    rewards: {
      outcome: numbers.outcome,
      process,
      hard: process.map(() => 1),
      recall: process.map(() => 0),
      isCorrect: numbers.outcome === 1,
    },
    stateKeys: numbers.stateKeys ?? numbers.process.map((_, s) => String(s)),
  };
}

export function scoredGroup(trajectories: readonly TrajectoryNumbers[]): ScoredGroup {
  return trajectories.map(scoredTrajectory);
}
