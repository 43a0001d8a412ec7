/**
 * What all engines that hold a network in this process share: micro-batches, the loss, the update.
 * A network computes logprobs; a learner has gradients and optimizer, wherever these are.
 *
 * @module
 */

import type { Surrogate } from "../algorithms/algorithm.ts";
import type { ChatTokens } from "../models/chat_tokens.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Adapters } from "../models/adapter_folder.ts";
import { adapterShapes } from "../models/lora.ts";
import { activationBytes, attentionBytes, pairsPerToken } from "../models/transformer.ts";
import { checkNames, type NamedTensors, weightShapes, weightsOf } from "../models/weights.ts";
import { EmbeddedPolicy } from "../policies/embedded.ts";
import type { Policy, Sampling } from "../policies/policy.ts";
import type { Batch } from "../trajectory/batch.ts";
import type { AdamOptions } from "./adamw.ts";
import { contextFeeds } from "./context.ts";
import type { Engine, EngineState, Learned, UpdateReport } from "./engine.ts";
import type { Learner } from "./learner.ts";
import { type Limits, type MicroBatch, microBatches } from "./micro_batches.ts";
import type { Network, NetworkParts } from "./network.ts";
import { OnnxDecoder } from "./onnx_decoder.ts";

/** What an engine is made of. */
export interface EmbeddedEngineOptions {
  readonly config: ModelConfig;
  /** Weights under their Hugging Face names. The engine takes the arrays over and may change them in place. */
  readonly weights: NamedTensors;
  /** Where given, the weights stay as they are and the adapters are learned, these perhaps in place. */
  readonly adapters?: Adapters;
  readonly chat: ChatTokens;
  readonly adam: AdamOptions;
  /** Longer gradients are scaled down to this L2 norm; 0 for none. */
  readonly maxGradientNorm: number;
  /** Most padded tokens in one forward or backward pass; bounds the memory. */
  readonly microBatchTokens: number;
  /**
   * Bytes of inner results kept between the forward and the backward pass; where there would be
   * more, layers are computed again. The gradients are the same to the last bit.
   */
  readonly activationBytes?: number;
  /** Most conversations that generate at once. */
  readonly slots?: number;
}

const DEFAULT_SLOTS = 64;
const DEFAULT_ACTIVATION_BYTES = 2 ** 31;

/** What computes; network and learner are over the same weights. */
export interface Runtime {
  /** Name of the engine. */
  readonly name: string;
  readonly network: Network;
  readonly learner: Learner;
}

/**
 * What the network of an engine is made of.
 *
 * @throws {TypeError} If the weights are not those of the config.
 * @throws {RangeError} If the tokenizer has tokens that the model has not.
 */
export function networkParts(
  { config, weights, adapters, chat, adam }: EmbeddedEngineOptions,
): NetworkParts {
  if (chat.vocabSize > config.vocabSize) {
    throw new RangeError(
      `Cannot use this tokenizer as the model must have all its tokens: it has ${chat.vocabSize}, the model ${config.vocabSize}`,
    );
  }
  checkNames(weightShapes(config), weights);
  if (adapters) checkNames(adapterShapes(config, adapters.shape), adapters.weights);
  return {
    shape: { config, lora: adapters?.shape ?? null },
    weights: new Map([...weights, ...adapters?.weights ?? []]),
    learned: adapters?.weights ?? weights,
    adam,
  };
}

/** An engine over a network of any runtime. */
export class EmbeddedEngine implements Engine {
  readonly name: string;
  readonly #options: EmbeddedEngineOptions;
  readonly #network: Network;
  readonly #learner: Learner;

  /** @param runtime Made of the {@linkcode networkParts} of the options. */
  protected constructor(options: EmbeddedEngineOptions, { name, network, learner }: Runtime) {
    this.name = name;
    this.#options = options;
    this.#network = network;
    this.#learner = learner;
  }

  async logprobs(batch: Pick<Batch, "ids" | "offsets">): Promise<Float64Array> {
    return await this.#scored(batch, () => true);
  }

  async update(
    batch: Batch,
    surrogate: Surrogate,
    learningRate: number,
    logprobs: "recomputed" | "sampled" = "recomputed",
  ): Promise<UpdateReport> {
    const start = performance.now();
    const point = logprobs === "sampled"
      ? batch.sampledLogprobs
      : await this.#scored(batch, (token) => batch.actionMask[token] === 1);
    const { gradient, ...atPoint } = surrogate(point, batch);
    const forwardEnd = performance.now();
    // An update that failed halfway may have left some.
    this.#learner.discard();
    const recomputed = await this.#pulledBack(batch, gradient);
    const norm = await this.#learner.gradientNorm();
    const { loss, metrics } = logprobs === "sampled"
      ? surrogate(merged(point, recomputed), batch)
      : atPoint;
    const backwardEnd = performance.now();
    const isApplied = Number.isFinite(loss) && Number.isFinite(norm);
    if (isApplied) {
      const { maxGradientNorm: limit } = this.#options;
      await this.#learner.step(learningRate, limit > 0 && norm > limit ? limit / norm : 1);
    } else {
      this.#learner.discard();
    }
    return {
      loss,
      gradientNorm: norm,
      isApplied,
      metrics,
      forwardMs: forwardEnd - start,
      backwardMs: backwardEnd - forwardEnd,
      optimizerMs: performance.now() - backwardEnd,
    };
  }

  policy(sampling: Sampling): Policy {
    return new EmbeddedPolicy({
      name: this.name,
      decoder: new OnnxDecoder(this.#network),
      chat: this.#options.chat,
      sampling,
      slots: this.#options.slots ?? DEFAULT_SLOTS,
    });
  }

  async state(): Promise<EngineState> {
    return await this.#learner.state();
  }

  async restore(state: EngineState): Promise<void> {
    const { config, adapters } = this.#options;
    const shapes = adapters ? adapterShapes(config, adapters.shape) : weightShapes(config);
    checkNames(withMoments(shapes), state.tensors);
    await this.#learner.restore(state);
  }

  async learned(): Promise<Learned> {
    const { tensors } = await this.#learner.state();
    return { shape: this.#options.adapters?.shape ?? null, weights: weightsOf(tensors) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#network[Symbol.asyncDispose]();
  }

  /** Logprobs of the tokens for which `isScored` holds, 0 elsewhere. */
  async #scored(
    batch: Pick<Batch, "ids" | "offsets">,
    isScored: (token: number) => boolean,
  ): Promise<Float64Array> {
    const result = new Float64Array(batch.ids.length);
    for (const micro of microBatches(batch, isScored, this.#limits)) {
      const { logprobs } = await this.#network.run("logprobs", sizesOf(micro), this.#feeds(micro));
      micro.tokens.forEach((token, row) => result[token] = logprobs[row]);
    }
    return result;
  }

  /**
   * Gives the learner a gradient by logprob; tokens with none cost nothing.
   *
   * @returns The logprobs by token that were computed on the way.
   */
  async #pulledBack(batch: Batch, byLogprob: Float64Array): Promise<Map<number, number>> {
    const logprobs = new Map<number, number>();
    const hasGradient = (token: number) => byLogprob[token] !== 0;
    for (const micro of microBatches(batch, hasGradient, this.#limits)) {
      const seed = Float32Array.from(micro.tokens, (token) => byLogprob[token]);
      const feeds = { ...this.#feeds(micro), seed };
      const graph = this.#keepsActivations(micro) ? "gradients" : "recomputedGradients";
      const scored = await this.#learner.pullBack(graph, sizesOf(micro), feeds);
      micro.tokens.forEach((token, row) => logprobs.set(token, scored[row]));
    }
    return logprobs;
  }

  #keepsActivations(micro: MicroBatch): boolean {
    return activationBytes(this.#options.config, micro) <= this.#activationLimit;
  }

  get #activationLimit(): number {
    return this.#options.activationBytes ?? DEFAULT_ACTIVATION_BYTES;
  }

  get #limits(): Limits {
    const { microBatchTokens, config } = this.#options;
    return {
      maxTokens: microBatchTokens,
      maxPairs: this.#activationLimit / attentionBytes(config, 1),
      pairsPerToken: pairsPerToken(config),
    };
  }

  #feeds(micro: MicroBatch) {
    const { ids, positions, targets } = micro;
    const context = contextFeeds(micro, this.#network.rotary, this.#options.config);
    return { ids, positions, targets, ...context };
  }
}

/** The logprobs of a point, with those computed anew in their places. */
function merged(point: Float64Array, logprobs: ReadonlyMap<number, number>): Float64Array {
  const result = point.slice();
  for (const [token, logprob] of logprobs) result[token] = logprob;
  return result;
}

function sizesOf({ batch, length, tokens }: MicroBatch) {
  return { batch, length, rows: tokens.length };
}

/** Shapes of what a state has, by name. */
function withMoments(shapes: ReadonlyMap<string, readonly number[]>) {
  const moments = ["m", "v"].flatMap((moment) =>
    Array.from(shapes, ([name, shape]) => [`adam.${moment}.${name}`, shape] as const)
  );
  return new Map([...shapes, ...moments]);
}
