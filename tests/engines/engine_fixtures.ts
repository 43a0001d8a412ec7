/**
 * Small models, batches and a chat without words for the tests of engines and policies.
 *
 * @module
 */

import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import type { EmbeddedEngineOptions } from "../../src/engines/embedded.ts";
import { OnnxEngine, type OnnxEngineOptions } from "../../src/engines/onnx.ts";
import type { ChatTokens } from "../../src/models/chat_tokens.ts";
import { type ModelConfig, modelConfig } from "../../src/models/config.ts";
import { initialWeights, type NamedTensors } from "../../src/models/weights.ts";
import type { Batch } from "../../src/trajectory/batch.ts";

/** A chat whose texts are token ids between spaces; token 1 ends a turn, 2 and 3 surround a result. */
export function plainChat(vocabSize: number): ChatTokens {
  const encode = (text: string) => text.split(" ").filter(Boolean).map(Number);
  return {
    vocabSize,
    endOfTurn: 1,
    endsTurn: new Set([1]),
    prompt: (messages) => messages.flatMap(({ content }) => [2, ...encode(content), 3]),
    observation: (text) => [2, ...encode(text), 3],
    encode,
    decode: (ids) => Array.from(ids).join(" "),
  };
}

/** A config of 2 layers, 4 query heads on 2 key heads, 24 tokens. */
export function tinyConfig(changes: Record<string, unknown> = {}): ModelConfig {
  return modelConfig({
    model_type: "llama",
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 24,
    max_position_embeddings: 160,
    rms_norm_eps: 1e-5,
    ...changes,
  });
}

/** Random weights, large enough for clearly different logits. */
export function livelyWeights(config: ModelConfig, seed: number): NamedTensors {
  return new Map(
    Array.from(initialWeights(config, seed), ([name, { shape, data }]) => {
      const scale = shape.length > 1 ? 15 : 1;
      return [name, { shape, data: data.map((x) => x * scale) }];
    }),
  );
}

/** What an engine over a tiny lively model is made of; the weights are new each time. */
export function tinyOptions(changes: Partial<EmbeddedEngineOptions> = {}): EmbeddedEngineOptions {
  const config = changes.config ?? tinyConfig();
  return {
    config,
    weights: livelyWeights(config, 5),
    chat: plainChat(config.vocabSize),
    adam: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01 },
    maxGradientNorm: 1,
    microBatchTokens: 512,
    ...changes,
  };
}

/** The default engine over a tiny lively model. */
export function tinyEngine(changes: Partial<OnnxEngineOptions> = {}): Promise<OnnxEngine> {
  return OnnxEngine.create({ threads: 2, ...tinyOptions(changes), ...changes });
}

/** Trajectories of the given lengths laid end to end, with advantage 1. */
export function batchOf(
  lengths: readonly number[],
  ids: readonly number[],
  actionMask: (token: number) => number,
): Batch {
  const offsets = Int32Array.of(0, ...lengths);
  for (let n = 1; n < offsets.length; n++) offsets[n] += offsets[n - 1];
  return {
    offsets,
    ids: Int32Array.from(ids),
    actionMask: Uint8Array.from(ids, (_, token) => actionMask(token)),
    stepOf: new Int16Array(ids.length),
    sampledLogprobs: new Float64Array(ids.length),
    advantages: new Float64Array(ids.length).fill(1),
  };
}

/** `-sum(weights * logprobs)`, whose gradient by logprob is `-weights`. */
export function weightedLogprobs(weights: ArrayLike<number>): Surrogate {
  return (logprobs) => ({
    loss: -logprobs.reduce((sum, logprob, token) => sum + weights[token] * logprob, 0),
    gradient: Float64Array.from(weights, (weight) => -weight),
    metrics: {},
  });
}
