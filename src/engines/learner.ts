/**
 * How a network learns: gradients of micro-batches are added up where they are computed, and one
 * optimizer step applies them. Here on arrays; device_network.ts does so on a device.
 *
 * @module
 */

import type { Sizes } from "../models/graph/tensor.ts";
import { gradientName } from "../models/transformer.ts";
import type { NamedTensors } from "../models/weights.ts";
import { AdamW, gradientNorm, type Gradients } from "./adamw.ts";
import type { EngineState } from "./engine.ts";
import type { ArrayFeeds, ArrayNetwork, GradientGraph, NetworkParts } from "./network.ts";

/** Holder of what is learned, of its gradients and of the optimizer. One update goes on at a time. */
export interface Learner {
  /**
   * Runs a graph and adds its gradients to those of the next step.
   *
   * @returns The logprobs on the way, shape (rows,).
   */
  pullBack(graph: GradientGraph, sizes: Sizes, feeds: ArrayFeeds): Promise<Float32Array>;
  /** L2 norm of the gradients so far; not finite when any element is not. */
  gradientNorm(): Promise<number>;
  /** Changes all that is learned by its gradient times `scale`; none counts as zeros. */
  step(learningRate: number, scale: number): Promise<void>;
  /** Forgets the gradients, for those of the next step. */
  discard(): void;
  /** A copy of all that must be kept. */
  state(): Promise<EngineState>;
  /** Puts a state back whose names and shapes are right. */
  restore(state: EngineState): Promise<void>;
}

/** Learns on arrays, which are changed in place. */
export class ArrayLearner implements Learner {
  readonly #network: ArrayNetwork;
  readonly #learned: NamedTensors;
  readonly #optimizer: AdamW;
  /** Sums since the last step; null where nothing was added. */
  #gradients: Gradients | null = null;

  constructor(network: ArrayNetwork, { learned, adam }: Pick<NetworkParts, "learned" | "adam">) {
    this.#network = network;
    this.#learned = learned;
    this.#optimizer = new AdamW(learned, adam);
  }

  async pullBack(graph: GradientGraph, sizes: Sizes, feeds: ArrayFeeds): Promise<Float32Array> {
    this.#gradients ??= this.#zeros();
    const outputs = await this.#network.run(graph, sizes, feeds);
    for (const [name, total] of this.#gradients) addTo(total, outputs[gradientName(name)]);
    return outputs.logprobs;
  }

  gradientNorm(): Promise<number> {
    return Promise.resolve(this.#gradients ? gradientNorm(this.#gradients) : 0);
  }

  step(learningRate: number, scale: number): Promise<void> {
    this.#optimizer.step(this.#gradients ?? this.#zeros(), learningRate, scale);
    this.discard();
    this.#network.weightsChanged?.(this.#learned.keys());
    return Promise.resolve();
  }

  discard(): void {
    this.#gradients = null;
  }

  state(): Promise<EngineState> {
    const tensors = [...this.#all()].map(
      ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const,
    );
    return Promise.resolve({ tensors: new Map(tensors), optimizerSteps: this.#optimizer.steps });
  }

  restore({ tensors, optimizerSteps }: EngineState): Promise<void> {
    for (const [name, { data }] of this.#all()) data.set(tensors.get(name)!.data);
    this.#optimizer.steps = optimizerSteps;
    this.#network.weightsChanged?.(this.#learned.keys());
    return Promise.resolve();
  }

  #all(): NamedTensors {
    return new Map([...this.#learned, ...this.#optimizer.moments]);
  }

  #zeros(): Gradients {
    return new Map(
      Array.from(this.#learned, ([name, { data }]) => [name, new Float32Array(data.length)]),
    );
  }
}

function addTo(total: Float32Array, more: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i] += more[i];
}
