/**
 * What an algorithm is: which advantages, and which surrogate loss, both in plain numbers.
 *
 * @module
 */

import type { Batch } from "../trajectory/batch.ts";
import type { ScoredGroup, StepAdvantages } from "../trajectory/group.ts";

/** The counts a loss is averaged over; those of the whole batch when it is cut into micro-batches. */
export interface Totals {
  /** Tokens with `actionMask` 1. */
  readonly actionTokens: number;
  /** Trajectories with at least one such token. */
  readonly trajectories: number;
}

/** A loss to minimise, with its gradient by each token's logprob. */
export interface SurrogateResult {
  readonly loss: number;
  /** dLoss/dlogprob, 0 where `actionMask` is 0, shape (T,). */
  readonly gradient: Float64Array;
  /** `loss/clip_fraction`, `loss/approx_kl`, ... */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Loss and gradient by logprob; `logprobs` has shape (T,) and is read only where `actionMask` is 1. */
export type Surrogate = (logprobs: Float64Array, batch: Batch, totals?: Totals) => SurrogateResult;

/** What is learned, and from what: the policy's own episodes, but for supervised learning. */
export interface Algorithm {
  readonly name: string;
  /** Whether episodes are demonstrations of the gold SQL instead of the policy's own. */
  readonly isSupervised?: boolean;
  /** Step advantages of each trajectory of a group. */
  advantages(group: ScoredGroup): StepAdvantages;
  /** Whether a group is trained on; DAPO drops groups whose outcomes are all equal. */
  keeps(group: ScoredGroup): boolean;
  /** Whether groups that are not kept are replaced by sampling more (DAPO's dynamic sampling). */
  readonly resamples: boolean;
  readonly surrogate: Surrogate;
  /** The options in force, for the run's record. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}
