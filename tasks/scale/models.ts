/**
 * Shapes of published models, from their `config.json`.
 *
 * @module
 */

import { type ModelConfig, modelConfig } from "../../src/models/config.ts";

/** A model by its name on Hugging Face. */
export interface PublishedModel {
  readonly name: string;
  readonly config: ModelConfig;
}

function published(name: string, json: Record<string, unknown>): PublishedModel {
  return { name, config: modelConfig({ rms_norm_eps: 1e-6, ...json }) };
}

/** Of the size that the paper trains. */
export const QWEN3_4B = published("Qwen/Qwen3-4B", {
  model_type: "qwen3",
  hidden_size: 2560,
  intermediate_size: 9728,
  num_hidden_layers: 36,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151_936,
  max_position_embeddings: 40_960,
  tie_word_embeddings: true,
});

export const QWEN25_CODER_3B = published("Qwen/Qwen2.5-Coder-3B-Instruct", {
  model_type: "qwen2",
  hidden_size: 2048,
  intermediate_size: 11_008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  vocab_size: 151_936,
  max_position_embeddings: 32_768,
  tie_word_embeddings: true,
});

/** About ten times as large as 4B: the nearest dense one. */
export const QWEN3_32B = published("Qwen/Qwen3-32B", {
  model_type: "qwen3",
  hidden_size: 5120,
  intermediate_size: 25_600,
  num_hidden_layers: 64,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151_936,
  max_position_embeddings: 40_960,
});

/** A hundred times as large as 4B. */
export const LLAMA_405B = published("meta-llama/Llama-3.1-405B-Instruct", {
  model_type: "llama",
  hidden_size: 16_384,
  intermediate_size: 53_248,
  num_hidden_layers: 126,
  num_attention_heads: 128,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
});
