/**
 * What all engines that hold a network in this process share: micro-batches, the update, the state.
 * Loss and optimizer are TypeScript; a network computes logprobs and gradients.
 *
 * @module
 */

import type { Surrogate } from "../algorithms/algorithm.ts";
import type { ChatTokens } from "../models/chat_tokens.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Adapters } from "../models/adapter_folder.ts";
import { adapterShapes } from "../models/lora.ts";
import {
  activationBytes,
  attentionBytes,
  gradientName,
  type NetworkShape,
  pairsPerToken,
} from "../models/transformer.ts";
import { checkNames, type NamedTensors, weightShapes } from "../models/weights.ts";
import { EmbeddedPolicy } from "../policies/embedded.ts";
import type { Policy, Sampling } from "../policies/policy.ts";
import type { Batch } from "../trajectory/batch.ts";
import { type AdamOptions, AdamW, gradientNorm, type Gradients } from "./adamw.ts";
import { contextFeeds } from "./context.ts";
import type { Engine, EngineState, UpdateReport } from "./engine.ts";
import { type Limits, type MicroBatch, microBatches } from "./micro_batches.ts";
import type { Network } from "./network.ts";
import { OnnxDecoder } from "./onnx_decoder.ts";

/** What an engine is made of. */
export interface EmbeddedEngineOptions {
  readonly config: ModelConfig;
  /** Weights under their Hugging Face names. The engine takes the arrays over and changes them in place. */
  readonly weights: NamedTensors;
  /** Where given, the weights stay as they are and the adapters are learned, in place too. */
  readonly adapters?: Adapters;
  readonly chat: ChatTokens;
  readonly adam: AdamOptions;
  /** Longer gradients are scaled down to this L2 norm. */
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

/** What computes. */
export interface Runtime {
  /** Name of the engine. */
  readonly name: string;
  /** @param weights All that the graphs are fed as weights, adapters among them. */
  network(shape: NetworkShape, weights: NamedTensors): Network;
}

/** An engine over a network of any runtime. */
export class EmbeddedEngine implements Engine {
  readonly #options: EmbeddedEngineOptions;
  readonly #runtime: Runtime;
  /** What is learned: all weights, or the adapters. */
  readonly #learned: NamedTensors;
  readonly #network: Network;
  readonly #optimizer: AdamW;

  /**
   * An engine with fresh optimizer moments.
   *
   * @throws {TypeError} If the weights are not those of the config.
   * @throws {RangeError} If the tokenizer has tokens that the model has not.
   */
  protected constructor(options: EmbeddedEngineOptions, runtime: Runtime) {
    const { config, weights, adapters, chat } = options;
    if (chat.vocabSize > config.vocabSize) {
      throw new RangeError(
        `Cannot use this tokenizer as the model must have all its tokens: it has ${chat.vocabSize}, the model ${config.vocabSize}`,
      );
    }
    checkNames(weightShapes(config), weights);
    if (adapters) checkNames(adapterShapes(config, adapters.shape), adapters.weights);
    this.#options = options;
    this.#runtime = runtime;
    this.#learned = adapters?.weights ?? weights;
    this.#network = runtime.network(
      { config, lora: adapters?.shape ?? null },
      new Map([...weights, ...this.#learned]),
    );
    this.#optimizer = new AdamW(this.#learned, options.adam);
  }

  get name(): string {
    return this.#runtime.name;
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
    const pulled = await this.#pulledBack(batch, gradient);
    const norm = gradientNorm(pulled.gradients);
    const { loss, metrics } = logprobs === "sampled"
      ? surrogate(merged(point, pulled), batch)
      : atPoint;
    const backwardEnd = performance.now();
    const isApplied = Number.isFinite(loss) && Number.isFinite(norm);
    if (isApplied) {
      const scale = Math.min(1, this.#options.maxGradientNorm / norm);
      this.#optimizer.step(pulled.gradients, learningRate, norm > 0 ? scale : 1);
      this.#network.weightsChanged?.(this.#learned.keys());
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

  state(): EngineState {
    const tensors = [...this.#learned, ...this.#optimizer.moments].map(
      ([name, { shape, data }]) => [name, { shape, data: data.slice() }] as const,
    );
    return { tensors: new Map(tensors), optimizerSteps: this.#optimizer.steps };
  }

  restore(state: EngineState): void {
    const own = new Map([...this.#learned, ...this.#optimizer.moments]);
    checkNames(new Map(Array.from(own, ([name, { shape }]) => [name, shape])), state.tensors);
    for (const [name, { data }] of own) data.set(state.tensors.get(name)!.data);
    this.#optimizer.steps = state.optimizerSteps;
    this.#network.weightsChanged?.(this.#learned.keys());
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

  /** Gradients of what is learned from a gradient by logprob; tokens with none cost nothing. */
  async #pulledBack(batch: Batch, byLogprob: Float64Array): Promise<PulledBack> {
    const totals: Gradients = new Map(
      Array.from(this.#learned, ([name, { data }]) => [name, new Float32Array(data.length)]),
    );
    const logprobs = new Map<number, number>();
    const hasGradient = (token: number) => byLogprob[token] !== 0;
    for (const micro of microBatches(batch, hasGradient, this.#limits)) {
      const seed = Float32Array.from(micro.tokens, (token) => byLogprob[token]);
      const feeds = { ...this.#feeds(micro), seed };
      const graph = this.#keepsActivations(micro) ? "gradients" : "recomputedGradients";
      const outputs = await this.#network.run(graph, sizesOf(micro), feeds);
      for (const [name, total] of totals) accumulate(total, outputs[gradientName(name)]);
      micro.tokens.forEach((token, row) => logprobs.set(token, outputs.logprobs[row]));
    }
    return { gradients: totals, logprobs };
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

/** Gradients, and the logprobs by token that were computed on the way. */
interface PulledBack {
  readonly gradients: Gradients;
  readonly logprobs: ReadonlyMap<number, number>;
}

/** The logprobs of a point, with those computed anew in their places. */
function merged(point: Float64Array, { logprobs }: PulledBack): Float64Array {
  const result = point.slice();
  for (const [token, logprob] of logprobs) result[token] = logprob;
  return result;
}

function sizesOf({ batch, length, tokens }: MicroBatch) {
  return { batch, length, rows: tokens.length };
}

function accumulate(total: Float32Array, more: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i] += more[i];
}
