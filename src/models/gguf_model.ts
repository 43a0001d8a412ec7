/**
 * A model in a GGUF file: its network and weights under Hugging Face's names, as llama.cpp's
 * `convert_hf_to_gguf.py` wrote them.
 *
 * @module
 */

import { type ModelConfig, modelConfig } from "./config.ts";
import type { GgufHeader, GgufValue } from "./gguf.ts";
import { rotaryFrequencies } from "./transformer.ts";
import type { StoredTensor, StoredTensors } from "./weight_files.ts";

type Metadata = ReadonlyMap<string, GgufValue>;

const TENSORS: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};

const LAYER_TENSORS: Readonly<Record<string, string>> = {
  attn_norm: "input_layernorm",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
  ffn_norm: "post_attention_layernorm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
};

/** Where Llama 3.1's factors of its rotations lie. */
export const ROPE_FACTORS = "rope_freqs.weight";

/** How Llama 3.1 and 3.2 stretch positions; the file holds only what comes of it. */
const LLAMA3_SCALING = {
  rope_type: "llama3",
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

/**
 * The network that a GGUF file is of.
 *
 * @param ropeFactors The tensor {@linkcode ROPE_FACTORS}, where there is one.
 * @throws {TypeError} If it is none that is known here, by name.
 */
export function ggufConfig(
  { metadata, tensors }: GgufHeader,
  ropeFactors?: Float32Array,
): ModelConfig {
  const of = sizes(metadata);
  const embedding = tensors.get("token_embd.weight");
  if (!embedding) {
    throw new TypeError(
      `Cannot load tensors as the model needs "token_embd.weight": it is missing`,
    );
  }
  const json = {
    model_type: metadata.get("general.architecture"),
    hidden_size: of("embedding_length"),
    intermediate_size: of("feed_forward_length"),
    num_hidden_layers: of("block_count"),
    num_attention_heads: of("attention.head_count"),
    num_key_value_heads: of("attention.head_count_kv"),
    head_dim: of("attention.key_length"),
    vocab_size: embedding.shape[0],
    max_position_embeddings: of("context_length"),
    rms_norm_eps: of("attention.layer_norm_rms_epsilon"),
    rope_theta: of("rope.freq_base"),
    rope_scaling: ropeFactors
      ? { ...LLAMA3_SCALING, factor: ropeFactors.reduce((most, x) => Math.max(most, x)) }
      : ropeScaling(metadata),
    tie_word_embeddings: !tensors.has("output.weight"),
  };
  const config = modelConfig(json);
  if (ropeFactors) checkRopeFactors(config, ropeFactors);
  checkRotation(config, of("rope.dimension_count"));
  return config;
}

/** Numbers of the metadata by their names within the architecture; undefined where absent. */
function sizes(metadata: Metadata): (name: string) => number | undefined {
  const architecture = metadata.get("general.architecture");
  return (name) => {
    const value = metadata.get(`${architecture}.${name}`);
    // What was a decimal number before it became a 32-bit float has 7 digits.
    return typeof value === "number" ? Number(value.toPrecision(7)) : value as undefined;
  };
}

function ropeScaling(metadata: Metadata): Record<string, unknown> | null {
  const architecture = metadata.get("general.architecture");
  const type = metadata.get(`${architecture}.rope.scaling.type`) ?? "none";
  if (type === "none") return null;
  return { rope_type: type, factor: metadata.get(`${architecture}.rope.scaling.factor`) };
}

function checkRopeFactors(config: ModelConfig, factors: Float32Array): void {
  const plain = rotaryFrequencies({ ...config, ropeScaling: { kind: "none" } });
  const scaled = rotaryFrequencies(config);
  const differs = (i: number) => Math.abs(plain[i] / factors[i] / scaled[i] - 1) > 1e-5;
  if (factors.length !== plain.length || [...factors.keys()].some(differs)) {
    throw new TypeError(
      `Cannot read the rope scaling as "${ROPE_FACTORS}" must be that of Llama 3.1: it is another`,
    );
  }
}

function checkRotation({ headSize }: ModelConfig, rotated = headSize): void {
  if (rotated === headSize) return;
  throw new TypeError(
    `Cannot rotate heads as all of their ${headSize} entries must be rotated: "rope.dimension_count" is ${rotated}`,
  );
}

/** A GGUF file's tensors under Hugging Face's names; those unknown keep their own. */
export function ggufTensors(
  { tensors }: GgufHeader,
  { family, headCount, keyValueHeadCount }: ModelConfig,
  path: string,
): StoredTensors {
  const interleaved: Readonly<Record<string, number>> = family === "llama"
    ? { attn_q: headCount, attn_k: keyValueHeadCount }
    : {};
  return new Map(
    [...tensors].filter(([name]) => name !== ROPE_FACTORS).map(([name, tensor]) => {
      const [, layer, part, kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
      const known = layer === undefined ? TENSORS[part] : LAYER_TENSORS[part];
      const stored: StoredTensor = { ...tensor, path };
      if (known === undefined) return [name, stored];
      const prefix = layer === undefined ? "" : `model.layers.${layer}.`;
      return [`${prefix}${known}.${kind}`, {
        ...stored,
        ...interleaved[part] && { interleavedHeads: interleaved[part] },
      }];
    }),
  );
}
