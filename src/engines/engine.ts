/**
 * An engine holds the weights of one model: it gives a policy that samples from them and updates
 * them from a gradient by logprob.
 *
 * @module
 */

import type { Surrogate } from "../algorithms/algorithm.ts";
import type { Policy, Sampling } from "../policies/policy.ts";
import type { Batch } from "../trajectory/batch.ts";

/** What an update did. */
export interface UpdateReport {
  readonly loss: number;
  /** L2 norm of the gradient of all weights before clipping. */
  readonly gradientNorm: number;
  /** False when loss or gradient was not finite: then the weights are unchanged. */
  readonly isApplied: boolean;
  /** The surrogate's metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Time in the forward pass, the backward pass and the optimizer. */
  readonly forwardMs: number;
  readonly backwardMs: number;
  readonly optimizerMs: number;
}

/** Holder and updater of a model's weights. */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** Logprob of each token given those before it; 0 for a trajectory's first token, shape (T,). */
  logprobs(batch: Pick<Batch, "ids" | "offsets">): Promise<Float64Array>;
  /**
   * One optimizer step: forward, surrogate, backward, clip, AdamW.
   *
   * @param logprobs Where the gradient is taken: at `recomputed` logprobs, or at those `sampled`,
   * which saves a forward pass. They are equal up to rounding in the first update after sampling,
   * where every ratio is 1. The report's loss and metrics are of recomputed
   * logprobs in any case, but for tokens without gradient.
   */
  update(
    batch: Batch,
    surrogate: Surrogate,
    learningRate: number,
    logprobs?: "recomputed" | "sampled",
  ): Promise<UpdateReport>;
  /** A policy that samples from the current weights; it sees later updates. */
  policy(sampling: Sampling): Policy;
  /** Named float arrays of weights and optimizer moments, with the optimizer's step count. */
  state(): Promise<EngineState>;
  /**
   * Puts a state back.
   *
   * @throws {TypeError} If names or shapes differ from this model's.
   */
  restore(state: EngineState): Promise<void>;
}

/** All that an engine must keep to go on exactly where it was. */
export interface EngineState {
  /** Tensors by name: weights under their Hugging Face names, moments under `adam.m.*`, `adam.v.*`. */
  readonly tensors: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: Float32Array }
  >;
  readonly optimizerSteps: number;
}
