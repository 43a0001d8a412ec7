/**
 * The weights of a decoder by their Hugging Face names.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { ModelConfig } from "./config.ts";

/** Float arrays with their shapes, by name. */
export type NamedTensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** Spread of random initial weights (Hugging Face's `initializer_range`). */
const INITIAL_DEVIATION = 0.02;

/** Shapes of all weights, from the embedding to the last layer; matrices are (out, in). */
export function weightShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, intermediateSize, vocabSize, headSize } = config;
  const queries = config.headCount * headSize;
  const keys = config.keyValueHeadCount * headSize;
  const shapes = new Map<string, readonly number[]>();
  shapes.set("model.embed_tokens.weight", [vocabSize, hiddenSize]);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const set = (name: string, ...shape: number[]) =>
      shapes.set(`model.layers.${layer}.${name}.weight`, shape);
    set("input_layernorm", hiddenSize);
    set("self_attn.q_proj", queries, hiddenSize);
    set("self_attn.k_proj", keys, hiddenSize);
    set("self_attn.v_proj", keys, hiddenSize);
    set("self_attn.o_proj", hiddenSize, queries);
    if (config.family === "qwen2") {
      shapes.set(`model.layers.${layer}.self_attn.q_proj.bias`, [queries]);
      shapes.set(`model.layers.${layer}.self_attn.k_proj.bias`, [keys]);
      shapes.set(`model.layers.${layer}.self_attn.v_proj.bias`, [keys]);
    }
    if (config.family === "qwen3") {
      set("self_attn.q_norm", headSize);
      set("self_attn.k_norm", headSize);
    }
    set("post_attention_layernorm", hiddenSize);
    set("mlp.gate_proj", intermediateSize, hiddenSize);
    set("mlp.up_proj", intermediateSize, hiddenSize);
    set("mlp.down_proj", hiddenSize, intermediateSize);
  }
  shapes.set("model.norm.weight", [hiddenSize]);
  if (!config.tiesEmbeddings) shapes.set("lm_head.weight", [vocabSize, hiddenSize]);
  return shapes;
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}

/** Random weights to train from: normal with deviation 0.02, norms 1, biases 0, as Hugging Face begins. */
export function initialWeights(config: ModelConfig, seed: number): NamedTensors {
  return new Map(
    Array.from(weightShapes(config), ([name, shape]) => {
      const rng = new Rng(seed, "weights", name);
      const data = new Float32Array(elementCount(shape)).fill(name.endsWith(".bias") ? 0 : 1);
      const initial = shape.length === 1 ? data : data.map(() => INITIAL_DEVIATION * rng.normal());
      return [name, { shape, data: initial }];
    }),
  );
}

/**
 * Refuses tensors whose names or shapes differ from those expected.
 *
 * @throws {TypeError} Naming the first difference.
 */
export function checkNames(
  shapes: ReadonlyMap<string, readonly number[]>,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data?: Float32Array }>,
): void {
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) {
      throw new TypeError(`Cannot load tensors as the model needs "${name}": it is missing`);
    }
    const count = tensor.data?.length ?? elementCount(tensor.shape);
    if (String(tensor.shape) !== String(shape) || count !== elementCount(shape)) {
      throw new TypeError(
        `Cannot load "${name}" as its shape must be [${shape}]: it is [${tensor.shape}] with ${count} elements`,
      );
    }
  }
  for (const name of tensors.keys()) {
    if (!shapes.has(name)) {
      throw new TypeError(`Cannot load tensors as the model has no "${name}": it was given`);
    }
  }
}

/** The weights among an engine's tensors, without the optimizer's moments. */
export function weightsOf(tensors: NamedTensors): NamedTensors {
  return new Map([...tensors].filter(([name]) => !name.startsWith("adam.")));
}
