/**
 * Episodes with their rewards, and the groups that advantages are computed in.
 *
 * Shapes: G trajectories of one example, S steps of a trajectory.
 *
 * @module
 */

import type { Episode } from "./episode.ts";

/** Rewards of one trajectory. */
export interface Rewards {
  /** Reward of the final answer (1 if EX, in the default option). */
  readonly outcome: number;
  /** Independent process reward of each step, shape (S,); in [0, 1] by the default options. */
  readonly process: Float64Array;
  /** Hard-constraint part of `process`, shape (S,). */
  readonly hard: Float64Array;
  /** Recall part of `process`, shape (S,). */
  readonly recall: Float64Array;
  /** Whether the answer is right by BIRD's EX. */
  readonly isCorrect: boolean;
}

/** What an algorithm needs to know of one trajectory to compute its advantages. */
export interface ScoredTrajectory {
  readonly rewards: Rewards;
  /** Equal for steps taken in the same state of knowledge (GiGPO's anchors), shape (S,). */
  readonly stateKeys: readonly string[];
}

/** G trajectories of one example. */
export type ScoredGroup = readonly ScoredTrajectory[];

/** A scored episode: the record and its rewards. */
export interface ScoredEpisode extends ScoredTrajectory {
  readonly episode: Episode;
}

/** Step advantages of each trajectory of a group: G arrays of shape (S,). */
export type StepAdvantages = readonly Float64Array[];
