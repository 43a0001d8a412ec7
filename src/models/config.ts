/**
 * The shape of a decoder-only transformer, as Hugging Face's `config.json` gives it: the dense Llama,
 * Qwen2 (and 2.5) and Qwen3 families.
 *
 * @module
 */

import { z } from "zod";

const POSITIVE = z.number().int().positive();

const SCHEMA = z.object({
  model_type: z.enum(["llama", "qwen2", "qwen3"]),
  hidden_size: POSITIVE,
  intermediate_size: POSITIVE,
  num_hidden_layers: POSITIVE,
  num_attention_heads: POSITIVE,
  num_key_value_heads: POSITIVE.nullish(),
  head_dim: POSITIVE.nullish(),
  vocab_size: POSITIVE,
  max_position_embeddings: POSITIVE,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  tie_word_embeddings: z.boolean().default(false),
  // Since version 5 of transformers `rope_parameters` holds theta and scaling.
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.looseObject({ rope_theta: z.number().positive().optional() }).nullish(),
  use_sliding_window: z.literal(false).optional(),
  attention_bias: z.literal(false).optional(),
  mlp_bias: z.literal(false).optional(),
  hidden_act: z.literal("silu").optional(),
  pretraining_tp: z.literal(1).optional(),
});

const FACTOR = z.number().positive();

const ROPE_SCALING = z.discriminatedUnion("rope_type", [
  z.object({ rope_type: z.literal("default") }),
  z.object({ rope_type: z.literal("linear"), factor: FACTOR }),
  z.object({
    rope_type: z.literal("llama3"),
    factor: FACTOR,
    low_freq_factor: FACTOR,
    high_freq_factor: FACTOR,
    original_max_position_embeddings: POSITIVE,
  }),
]);

/** Theta of `config.json` files that do not say it. */
const DEFAULT_ROPE_THETA = 10_000;

/**
 * What sets a family apart, beside sizes: Qwen2 adds a bias to queries, keys and values; Qwen3 norms
 * each head of queries and keys.
 */
export type Family = z.infer<typeof SCHEMA>["model_type"];

/** How rotary positions are stretched for contexts longer than those first trained on. */
export type RopeScaling =
  | { readonly kind: "none" }
  | { readonly kind: "linear"; readonly factor: number }
  | {
    readonly kind: "llama3";
    readonly factor: number;
    readonly lowFrequencyFactor: number;
    readonly highFrequencyFactor: number;
    readonly originalMaxLength: number;
  };

/** Sizes and constants of the network. */
export interface ModelConfig {
  readonly family: Family;
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
  readonly ropeScaling: RopeScaling;
  /** Whether the embedding table is also the last layer. */
  readonly tiesEmbeddings: boolean;
}

/**
 * Reads a parsed `config.json`; fields that do not change the network are ignored.
 *
 * @throws {TypeError} If a field is missing, or asks for what this network does not have
 * (another `model_type`, an unknown rope scaling, sliding windows, other biases); each by name.
 */
export function modelConfig(json: unknown): ModelConfig {
  const fields = parsed(SCHEMA, json, "");
  const config = {
    family: fields.model_type,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    layerCount: fields.num_hidden_layers,
    headCount: fields.num_attention_heads,
    keyValueHeadCount: fields.num_key_value_heads ?? fields.num_attention_heads,
    headSize: fields.head_dim ?? fields.hidden_size / fields.num_attention_heads,
    vocabSize: fields.vocab_size,
    maxLength: fields.max_position_embeddings,
    rmsNormEpsilon: fields.rms_norm_eps,
    ropeTheta: fields.rope_parameters?.rope_theta ?? fields.rope_theta ?? DEFAULT_ROPE_THETA,
    ropeScaling: ropeScaling(fields),
    tiesEmbeddings: fields.tie_word_embeddings,
  };
  checkHeads(config);
  return config;
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, within: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    `"${[within, ...path].filter((name) => name !== "").join(".")}": ${message}`
  );
  throw new TypeError(
    `Cannot read the model's config as it must be that of a dense Llama, Qwen2 or Qwen3 decoder: ${
      issues.join("; ")
    }`,
  );
}

function ropeScaling(
  { rope_parameters, rope_scaling }: z.infer<typeof SCHEMA>,
): RopeScaling {
  const [within, given] = rope_parameters
    ? ["rope_parameters", rope_parameters]
    : ["rope_scaling", rope_scaling ?? {}];
  // Older files say "type" for "rope_type".
  const { type = "default", ...rest } = given as Record<string, unknown>;
  const fields = parsed(ROPE_SCALING, { rope_type: type, ...rest }, within as string);
  switch (fields.rope_type) {
    case "default":
      return { kind: "none" };
    case "linear":
      return { kind: "linear", factor: fields.factor };
    case "llama3":
      return {
        kind: "llama3",
        factor: fields.factor,
        lowFrequencyFactor: fields.low_freq_factor,
        highFrequencyFactor: fields.high_freq_factor,
        originalMaxLength: fields.original_max_position_embeddings,
      };
  }
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

const ARCHITECTURES: Readonly<Record<Family, string>> = {
  llama: "LlamaForCausalLM",
  qwen2: "Qwen2ForCausalLM",
  qwen3: "Qwen3ForCausalLM",
};

/** The config as Hugging Face's `config.json` has it; `modelConfig` reads it back. */
export function configJson(config: ModelConfig): Record<string, unknown> {
  const scaling = ropeScalingJson(config.ropeScaling);
  return {
    architectures: [ARCHITECTURES[config.family]],
    model_type: config.family,
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
    ...scaling && { rope_scaling: scaling },
    tie_word_embeddings: config.tiesEmbeddings,
    torch_dtype: "float32",
  };
}

function ropeScalingJson(scaling: RopeScaling): Record<string, unknown> | null {
  switch (scaling.kind) {
    case "none":
      return null;
    case "linear":
      return { rope_type: "linear", factor: scaling.factor };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalMaxLength,
      };
  }
}
