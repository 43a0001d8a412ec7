/**
 * An engine holds the weights of one model: it gives a policy that samples from them and updates
 * them from a gradient by logprob.
 *
 * @module
 */

import type { Surrogate } from "../algorithms/algorithm.ts";
import type { Lora } from "../models/lora.ts";
import type { NamedTensors } from "../models/weights.ts";
import type { Policy, Sampling } from "../policies/policy.ts";
import type { Batch } from "../trajectory/batch.ts";

/** What an update did. */
export interface UpdateReport {
  readonly loss: number;
  /** L2 norm of the gradient of all weights before clipping; NaN where a server does not tell it. */
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
  /** What has been learned so far. */
  learned(): Promise<Learned>;
}

/** All weights, or the adapters that were learned in their place. */
export interface Learned {
  /** Of the adapters; null where the weights themselves were learned. */
  readonly shape: Lora | null;
  readonly weights: NamedTensors;
  /** The name of it on a server that does not give it away; then `weights` is empty. */
  readonly remote?: string;
}

/** All that an engine must keep to go on exactly where it was. */
export interface EngineState {
  /**
   * Tensors by name: weights under their Hugging Face names, moments under `adam.m.*`, `adam.v.*`. Empty
   * where a server keeps them.
   */
  readonly tensors: NamedTensors;
  readonly optimizerSteps: number;
  /** The server's name of what it keeps. */
  readonly remote?: string;
}
