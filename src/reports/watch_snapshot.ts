/**
 * What is known of runs at one moment while they go on: the values that the live view is drawn from.
 *
 * @module
 */

import type { Outcome } from "../evaluation/verdict.ts";
import type { EpisodeRecord, Metric, Phase, Run, TrainStep } from "../store/run_store.ts";

/** An evaluation so far. */
export interface WatchedEvaluation {
  readonly phase: Phase;
  /** Verdicts there are, and those there will be; null where that is not known. */
  readonly done: number;
  readonly total: number | null;
  readonly isComplete: boolean;
  /** Over the questions so far. */
  readonly ex: Pick<Metric, "value" | "low" | "high" | "n">;
  /** Verdicts by outcome, those that occur. */
  readonly outcomes: ReadonlyMap<Outcome, number>;
  /** Redundant tool calls over tool calls, and calls per attempt; null where there are no episodes. */
  readonly redundantRate: number | null;
  readonly callsPerAttempt: number | null;
  /** Verdicts that came in a second while it was watched; null before one came. */
  readonly perSecond: number | null;
}

/** A run so far. */
export interface WatchedRun {
  readonly run: Run;
  /** Its train steps, in order. */
  readonly steps: readonly TrainStep[];
  /** Its evaluations that have begun, in order. */
  readonly evaluations: readonly WatchedEvaluation[];
  /** Seconds since something of it was stored last. */
  readonly quietSeconds: number;
}

/** An attempt that was stored lately. */
export interface WatchedTrajectory {
  readonly record: EpisodeRecord;
  /** Process reward of each step, shape (S,); null outside of training. */
  readonly process: Float64Array | null;
}

/** All that a frame shows. */
export interface WatchSnapshot {
  /** The run that is shown in full. */
  readonly watched: WatchedRun;
  /** The newest first. */
  readonly trajectories: readonly WatchedTrajectory[];
  /** Every run that a process works on, oldest first. */
  readonly running: readonly WatchedRun[];
}
