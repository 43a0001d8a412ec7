/**
 * The shape of a Llama-type decoder, as Hugging Face's `config.json` gives it.
 *
 * @module
 */

import { z } from "zod";

const POSITIVE = z.number().int().positive();

const SCHEMA = z.object({
  model_type: z.literal("llama"),
  hidden_size: POSITIVE,
  intermediate_size: POSITIVE,
  num_hidden_layers: POSITIVE,
  num_attention_heads: POSITIVE,
  num_key_value_heads: POSITIVE.optional(),
  head_dim: POSITIVE.nullish(),
  vocab_size: POSITIVE,
  max_position_embeddings: POSITIVE,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().default(10000),
  tie_word_embeddings: z.boolean().default(false),
  rope_scaling: z.null().optional(),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  hidden_act: z.literal("silu").optional(),
  pretraining_tp: z.literal(1).optional(),
});

/** Sizes and constants of the network. */
export interface ModelConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  /** Heads of keys and values; each serves `headCount / keyValueHeadCount` query heads. */
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  readonly vocabSize: number;
  /** Longest context, in tokens. */
  readonly maxLength: number;
  readonly rmsNormEpsilon: number;
  readonly ropeTheta: number;
  /** Whether the embedding table is also the last layer. */
  readonly tiesEmbeddings: boolean;
}

/**
 * Reads a parsed `config.json`; fields that do not change the network are ignored.
 *
 * @throws {TypeError} If a field is missing, or asks for what this network does not have
 * (another `model_type`, `rope_scaling`, biases).
 */
export function modelConfig(json: unknown): ModelConfig {
  const parsed = SCHEMA.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) =>
      `"${path.join(".")}": ${message}`
    );
    throw new TypeError(
      `Cannot read the model's config as it must be that of a plain Llama decoder: ${
        issues.join("; ")
      }`,
    );
  }
  const fields = parsed.data;
  const config = {
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    layerCount: fields.num_hidden_layers,
    headCount: fields.num_attention_heads,
    keyValueHeadCount: fields.num_key_value_heads ?? fields.num_attention_heads,
    headSize: fields.head_dim ?? fields.hidden_size / fields.num_attention_heads,
    vocabSize: fields.vocab_size,
    maxLength: fields.max_position_embeddings,
    rmsNormEpsilon: fields.rms_norm_eps,
    ropeTheta: fields.rope_theta,
    tiesEmbeddings: fields.tie_word_embeddings,
  };
  checkHeads(config);
  return config;
}

function checkHeads({ headCount, keyValueHeadCount, headSize }: ModelConfig): void {
  if (headCount % keyValueHeadCount !== 0) {
    throw new TypeError(
      `Cannot group query heads as "num_attention_heads" must be a multiple of "num_key_value_heads": they are ${headCount} and ${keyValueHeadCount}`,
    );
  }
  if (headSize % 2 !== 0) {
    throw new TypeError(
      `Cannot rotate heads as their size must be a whole even number: it is ${headSize}`,
    );
  }
}

/** The config as Hugging Face's `config.json` has it; `modelConfig` reads it back. */
export function configJson(config: ModelConfig): Record<string, unknown> {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_act: "silu",
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.keyValueHeadCount,
    head_dim: config.headSize,
    vocab_size: config.vocabSize,
    max_position_embeddings: config.maxLength,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tiesEmbeddings,
    torch_dtype: "float32",
  };
}
