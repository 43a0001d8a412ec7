/**
 * What a model will take before it is loaded: memory, and arithmetic by token. Nothing is measured
 * here; all follows from the shape of the network and from what is wanted of it.
 *
 * @module
 */

import type { ModelConfig } from "./config.ts";
import { adapterShapes, type Lora } from "./lora.ts";
import { activationBytes } from "./transformer.ts";
import { elementCount, weightShapes } from "./weights.ts";

/** What is wanted of a model. */
export interface Workload {
  /** Conversations that generate at once. */
  readonly slots: number;
  /** How long they are expected to become, in tokens. */
  readonly contextTokens: number;
  /** Null for generation alone. */
  readonly training: {
    /** Padded tokens in one forward or backward pass. */
    readonly microBatchTokens: number;
    /** Most bytes of inner results that are kept; above that, layers are computed again. */
    readonly activationBytes: number;
    /** Adapters that are learned in place of all weights; null for all. */
    readonly lora: Lora | null;
  } | null;
}

/** What a model will take. */
export interface Estimate {
  /** Bytes by what they are for. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly totalBytes: number;
  /** Multiplications and additions of one token, attention over what is before it apart. */
  readonly flop: { readonly generated: number; readonly trained: number };
}

const FLOAT_BYTES = 4;

/** Logits, their softmax and their gradient. */
const LOGIT_COPIES = 3;

/** Share of the tokens of a batch that the policy chose, as far as one can say before it acts. */
const SCORED_SHARE = 0.2;

/** The sum over micro-batches, and of the newest one what the runtime holds and its copy. */
const GRADIENT_COPIES = 3;

/**
 * Estimates memory and arithmetic. With P weights, of which M are in products, and T learned, all in
 * 32-bit floats:
 *
 * - weights `4 P`, and `4 M` for the copy that generation keeps laid out for its products
 * - cache `4 · 2 · layers · key heads · head size · context · slots`
 * - gradients `3 · 4 T`, moments `2 · 4 T`
 * - inner results of one backward pass: `activationBytes()` of a micro-batch; where that is above the
 *   limit, the layers' inputs and the inner results of one layer; in any case three times the logits of
 *   a fifth of the tokens
 *
 * Arithmetic: `2 M` a token forward, and `4 M` more for the gradients.
 *
 * @example SmolLM2-135M, evaluated
 * ```ts
 * import assert from "node:assert/strict";
 * import { modelConfig } from "./config.ts";
 * import { estimate } from "./estimate.ts";
 *
 * const config = modelConfig({
 *   model_type: "llama",
 *   hidden_size: 576,
 *   intermediate_size: 1536,
 *   num_hidden_layers: 30,
 *   num_attention_heads: 9,
 *   num_key_value_heads: 3,
 *   vocab_size: 49152,
 *   max_position_embeddings: 8192,
 *   rms_norm_eps: 1e-5,
 *   tie_word_embeddings: true,
 * });
 * const { bytes } = estimate(config, { slots: 16, contextTokens: 2048, training: null });
 * assert.equal(bytes.weights, 4 * 134_515_008);
 * assert.equal(bytes.cache, 16 * 2048 * 46_080);
 * ```
 */
export function estimate(
  config: ModelConfig,
  { slots, contextTokens, training }: Workload,
): Estimate {
  const weights = count(weightShapes(config));
  const inProducts = productWeights(config);
  const { layerCount, keyValueHeadCount, headSize } = config;
  const bytes = {
    weights: FLOAT_BYTES * weights,
    generation: FLOAT_BYTES * inProducts,
    cache: FLOAT_BYTES * 2 * layerCount * keyValueHeadCount * headSize * contextTokens * slots,
    ...training && trainingBytes(config, { contextTokens, training }),
  };
  return {
    bytes,
    totalBytes: totalOf(bytes),
    flop: { generated: 2 * inProducts, trained: 6 * inProducts },
  };
}

function trainingBytes(
  config: ModelConfig,
  { contextTokens, training }: {
    readonly contextTokens: number;
    readonly training: NonNullable<Workload["training"]>;
  },
) {
  const { lora, microBatchTokens } = training;
  const learned = FLOAT_BYTES * count(lora ? adapterShapes(config, lora) : weightShapes(config));
  const length = Math.min(contextTokens, microBatchTokens);
  const all = activationBytes(config, { batch: microBatchTokens / length, length });
  const inputs = FLOAT_BYTES * config.layerCount * config.hiddenSize * microBatchTokens;
  const inner = all <= training.activationBytes ? all : inputs + all / config.layerCount;
  return {
    gradients: GRADIENT_COPIES * learned,
    moments: 2 * learned,
    activations: inner +
      LOGIT_COPIES * FLOAT_BYTES * config.vocabSize * SCORED_SHARE * microBatchTokens,
  };
}

function count(shapes: ReadonlyMap<string, readonly number[]>): number {
  return shapes.values().reduce((sum, shape) => sum + elementCount(shape), 0);
}

/** Weights that each token is multiplied with: the matrices of the layers, and the last one. */
function productWeights(config: ModelConfig): number {
  const layers = [...weightShapes(config)].filter(([name, shape]) =>
    name.includes(".layers.") && shape.length === 2
  );
  return count(new Map(layers)) + config.vocabSize * config.hiddenSize;
}

/** Parts that depend on how long conversations become and how many tokens are scored at once. */
const GUESSED = ["cache", "activations"];

/**
 * Refuses what cannot fit, before any of it is taken. What is only guessed does not count.
 *
 * @param availableBytes As `Deno.systemMemoryInfo().available` has them.
 * @throws {RangeError} If there is not enough memory.
 */
export function checkMemory({ bytes }: Estimate, availableBytes: number): void {
  const sure = Object.entries(bytes).filter(([part]) => !GUESSED.includes(part));
  if (totalOf(Object.fromEntries(sure)) <= availableBytes) return;
  throw new RangeError(
    `Cannot run model as there is not enough memory: it takes at least ${
      memoryText(Object.fromEntries(sure))
    }, ${gigabytes(availableBytes)} GB are available`,
  );
}

/**
 * Two lines for people: the memory by what it is for, and the least time of a token.
 *
 * @param gigaflops What the device computes in a second, in 10^9 operations.
 */
export function estimateText(estimated: Estimate, gigaflops: number): string {
  const { generated, trained } = estimated.flop;
  const milliseconds = (flop: number) => Number((flop / gigaflops / 1e6).toPrecision(2));
  const times = [
    `${milliseconds(generated)} ms a generated token`,
    ...estimated.bytes.gradients === undefined ? [] : [`${milliseconds(trained)} ms a trained one`],
  ];
  return [
    `Memory: about ${memoryText(estimated.bytes)}`,
    `Time: at least ${times.join(", ")}, at ${Math.round(gigaflops)} GFLOP/s`,
  ].join("\n");
}

function memoryText(bytes: Estimate["bytes"]): string {
  const parts = Object.entries(bytes).map(([name, part]) => `${name} ${gigabytes(part)}`);
  return `${gigabytes(totalOf(bytes))} GB (${parts.join(", ")})`;
}

function totalOf(bytes: Estimate["bytes"]): number {
  return Object.values(bytes).reduce((sum, part) => sum + part, 0);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1);
}
