/**
 * The models that a device is checked with: the fixture policy, and two published shapes with random
 * weights, as speed does not depend on what the weights are.
 *
 * @module
 */

import { Rng } from "../../src/config/rng.ts";
import { type ModelConfig, modelConfig } from "../../src/models/config.ts";
import { elementCount, type NamedTensors, weightShapes } from "../../src/models/weights.ts";

/** A model's sizes and how much of it is run at once. */
export interface Shape {
  readonly config: ModelConfig;
  /** Trajectories and their length in a training step. */
  readonly training: { readonly batch: number; readonly length: number };
}

const FIXTURE = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/policy/config.json", import.meta.url)),
);

export const SHAPES: Readonly<Record<string, Shape>> = {
  fixture: {
    config: modelConfig({ ...FIXTURE, max_position_embeddings: 1024 }),
    training: { batch: 16, length: 512 },
  },
  // HuggingFaceTB/SmolLM2-135M
  "135M": {
    config: modelConfig({
      model_type: "llama",
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      vocab_size: 49152,
      max_position_embeddings: 1024,
      rms_norm_eps: 1e-5,
      rope_theta: 100000,
      tie_word_embeddings: true,
    }),
    training: { batch: 8, length: 512 },
  },
  // Qwen/Qwen3-0.6B
  "0.6B": {
    config: modelConfig({
      model_type: "qwen3",
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 151936,
      max_position_embeddings: 1024,
      rms_norm_eps: 1e-6,
      rope_theta: 1000000,
      tie_word_embeddings: true,
    }),
    training: { batch: 4, length: 512 },
  },
};

/** Prime, so that no two rows of a matrix begin at the same number. */
const BLOCK = 65_537;

/** Normal weights of deviation 0.02, norms 1; one block of numbers over and over, as that is quick. */
export function cheapWeights(config: ModelConfig): NamedTensors {
  const rng = new Rng(1, "gpu_check", "weights");
  const block = Float32Array.from({ length: BLOCK }, () => 0.02 * rng.normal());
  return new Map(
    Array.from(weightShapes(config), ([name, shape]) => {
      const data = new Float32Array(elementCount(shape)).fill(1);
      for (let start = 0; shape.length > 1 && start < data.length; start += BLOCK) {
        data.set(block.subarray(0, data.length - start), start);
      }
      return [name, { shape, data }];
    }),
  );
}

/** Weights of a model, all elements counted. */
export function parameterCount(config: ModelConfig): number {
  return weightShapes(config).values().reduce((sum, shape) => sum + elementCount(shape), 0);
}
