/**
 * A Llama-type decoder as graphs of tensors: RMSNorm, rotary positions, grouped-query attention,
 * SwiGLU. Weights are inputs under their Hugging Face names, so a change in place is seen at once.
 *
 * Named sizes: batch, length (tokens of a padded trajectory), rows (positions that are scored),
 * slots and cached (generation).
 *
 * @module
 */

import type { ModelConfig } from "./config.ts";
import { gradients } from "./graph/gradient.ts";
import {
  attention,
  linear,
  permuted,
  reshaped,
  rmsNorm,
  rotated,
  rowsOf,
  sum,
  swiGlu,
  tokenLogprobs,
} from "./graph/layers.ts";
import type { Outputs } from "./graph/onnx_model.ts";
import {
  add,
  concatLast,
  firstOfLast,
  lastOfLast,
  matmul,
  multiply,
  softmax,
  sumOver,
} from "./graph/operations.ts";
import { type Dimension, input, product, type Tensor } from "./graph/tensor.ts";
import { weightShapes } from "./weights.ts";

/** Added to a score that must not count. */
export const HIDDEN_SCORE = -1e9;

/** Name of the gradient of a weight among a graph's outputs. */
export function gradientName(weight: string): string {
  return `gradient:${weight}`;
}

/** Names of a layer's keys and values, as a graph's outputs. */
export function cacheNames(layer: number): { readonly keys: string; readonly values: string } {
  return { keys: `keys:${layer}`, values: `values:${layer}` };
}

/** Names of a layer's cached keys and values, as a graph's inputs. */
export function cachedNames(layer: number): { readonly keys: string; readonly values: string } {
  return { keys: `cached_keys:${layer}`, values: `cached_values:${layer}` };
}

/** The weights as graph inputs. */
class WeightInputs {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #prefix: string;

  constructor(tensors: ReadonlyMap<string, Tensor>, prefix = "model") {
    this.#tensors = tensors;
    this.#prefix = prefix;
  }

  static of(config: ModelConfig): WeightInputs {
    return new WeightInputs(
      new Map(Array.from(weightShapes(config), ([name, shape]) => [name, input(name, shape)])),
    );
  }

  layer(index: number): WeightInputs {
    return new WeightInputs(this.#tensors, `model.layers.${index}`);
  }

  get(name: string): Tensor {
    return this.#tensors.get(`${this.#prefix}.${name}.weight`)!;
  }

  /** The last layer's matrix: its own, or the embedding table. */
  get head(): Tensor {
    return this.#tensors.get("lm_head.weight") ?? this.get("embed_tokens");
  }

  entries(): [string, Tensor][] {
    return [...this.#tensors];
  }
}

/** Cosines and signed sines of the positions, as `rotaryTable` lays them out. */
interface Rotation {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** Attends with the queries, keys and values of one layer, each (tokens, heads * headSize). */
type Attend = (layer: number, queries: Tensor, keys: Tensor, values: Tensor) => Tensor;

/** The layers from token ids to the last norm, whatever attention is; shape (tokens, hidden). */
function hiddenStates(
  config: ModelConfig,
  weights: WeightInputs,
  ids: Tensor,
  attend: Attend,
): Tensor {
  const norm = (x: Tensor, weight: Tensor) => rmsNorm(x, weight, config.rmsNormEpsilon);
  let x = rowsOf(weights.get("embed_tokens"), ids);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const own = weights.layer(layer);
    const project = (name: string, from: Tensor) => linear(from, own.get(name));
    const normed = norm(x, own.get("input_layernorm"));
    const attended = attend(
      layer,
      project("self_attn.q_proj", normed),
      project("self_attn.k_proj", normed),
      project("self_attn.v_proj", normed),
    );
    x = sum(x, project("self_attn.o_proj", attended));
    const inner = norm(x, own.get("post_attention_layernorm"));
    const activated = swiGlu(project("mlp.gate_proj", inner), project("mlp.up_proj", inner));
    x = sum(x, project("mlp.down_proj", activated));
  }
  return norm(x, weights.get("norm"));
}

/** Causal attention over whole trajectories; also keeps each layer's keys and values. */
function causalAttention(config: ModelConfig, cache: Record<string, Tensor>): Attend {
  const { headCount, keyValueHeadCount, headSize } = config;
  const group = headCount / keyValueHeadCount;
  const rotation: Rotation = {
    cosine: input("cosine", ["length", 1, headSize]),
    sine: input("sine", ["length", 1, headSize]),
  };
  const mask = input("mask", [product("length", group), "length"]);
  const split = (x: Tensor, heads: number) => reshaped(x, ["batch", "length", heads, headSize]);
  const turned = (x: Tensor) => rotated(x, rotation.cosine, rotation.sine);
  return (layer, queries, keys, values) => {
    const byHead = permuted(turned(split(queries, headCount)), [0, 2, 1, 3]);
    // The query heads of one key head are laid along the axis of positions.
    const grouped = ["batch", keyValueHeadCount, product("length", group), headSize];
    const k = permuted(turned(split(keys, keyValueHeadCount)), [0, 2, 3, 1]);
    const v = permuted(split(values, keyValueHeadCount), [0, 2, 1, 3]);
    Object.assign(cache, { [cacheNames(layer).keys]: k, [cacheNames(layer).values]: v });
    const attended = reshaped(attention(reshaped(byHead, grouped), k, v, mask), byHead.shape);
    return reshaped(permuted(attended, [0, 2, 1, 3]), [
      product("batch", "length"),
      headCount * headSize,
    ]);
  };
}

/** Logprobs of `targets` at the positions `positions` of padded trajectories, shape (rows, 1). */
function scoredTokens(config: ModelConfig, weights: WeightInputs): Tensor {
  const ids = input("ids", [product("batch", "length")], "int64");
  const positions = input("positions", ["rows"], "int64");
  const targets = input("targets", ["rows", 1], "int64");
  const hidden = hiddenStates(config, weights, ids, causalAttention(config, {}));
  return tokenLogprobs(linear(rowsOf(hidden, positions), weights.head), targets);
}

/**
 * Token logprobs of padded trajectories.
 *
 * Inputs: `ids` (batch*length,), `positions` (rows,) into these, `targets` (rows, 1): the token after
 * each position; `cosine`, `sine`, `mask`. Output: `logprobs` (rows, 1).
 */
export function logprobGraph(config: ModelConfig): Outputs {
  return { logprobs: scoredTokens(config, WeightInputs.of(config)) };
}

/**
 * Pulls a gradient by logprob back to all weights, computing the forward pass anew.
 *
 * Inputs: those of `logprobGraph` and `seed` (rows, 1), the gradient by each logprob. Outputs:
 * `logprobs` (rows, 1), and the gradients under `gradientName`, last layer first, so that what they need is freed early.
 */
export function gradientGraph(config: ModelConfig): Outputs {
  const weights = WeightInputs.of(config);
  const logprobs = scoredTokens(config, weights);
  const named = weights.entries().reverse();
  const found = gradients(logprobs, input("seed", ["rows", 1]), named.map(([, weight]) => weight));
  return {
    logprobs,
    ...Object.fromEntries(named.map(([name], i) => [gradientName(name), found[i]])),
  };
}

/**
 * One prompt to what generation goes on from.
 *
 * Inputs as `logprobGraph`'s with batch 1 and no targets; output: `logits` (rows, vocabulary), and of
 * each layer under `cacheNames` keys (1, keyHeads, headSize, length), values (1, keyHeads, length, headSize).
 */
export function prefillGraph(config: ModelConfig): Outputs {
  const weights = WeightInputs.of(config);
  const ids = input("ids", [product("batch", "length")], "int64");
  const positions = input("positions", ["rows"], "int64");
  const cache: Record<string, Tensor> = {};
  const hidden = hiddenStates(config, weights, ids, causalAttention(config, cache));
  return { logits: linear(rowsOf(hidden, positions), weights.head), ...cache };
}

/** Attention of one new token a slot over the slot's cache and itself. */
function cachedAttention(config: ModelConfig, cache: Record<string, Tensor>): Attend {
  const { headCount, keyValueHeadCount, headSize } = config;
  const cosine = input("cosine", ["slots", 1, headSize]);
  const sine = input("sine", ["slots", 1, headSize]);
  const bias = input("bias", ["slots", 1, 1, "cached"]);
  const grouped = ["slots", keyValueHeadCount, headCount / keyValueHeadCount, headSize];
  const scale = 1 / Math.sqrt(headSize);
  const split = (x: Tensor, heads: number) => reshaped(x, ["slots", heads, headSize]);
  return (layer, queries, keys, values) => {
    const q = reshaped(multiply(rotated(split(queries, headCount), cosine, sine), scale), grouped);
    const newKeys = rotated(split(keys, keyValueHeadCount), cosine, sine);
    const newValues = split(values, keyValueHeadCount);
    Object.assign(cache, {
      [cacheNames(layer).keys]: newKeys,
      [cacheNames(layer).values]: newValues,
    });
    const attended = attendedWithCache(q, {
      cached: cacheInputs(config, layer),
      bias,
      newKeys: reshaped(newKeys, ["slots", keyValueHeadCount, 1, headSize]),
      newValues: reshaped(newValues, ["slots", keyValueHeadCount, 1, headSize]),
    });
    return reshaped(attended, ["slots", headCount * headSize]);
  };
}

interface Cache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

function cacheInputs({ keyValueHeadCount, headSize }: ModelConfig, layer: number): Cache {
  const { keys, values } = cachedNames(layer);
  return {
    // Keys lie transposed, so that no run has to transpose the cache.
    keys: input(keys, ["slots", keyValueHeadCount, headSize, "cached"]),
    values: input(values, ["slots", keyValueHeadCount, "cached", headSize]),
  };
}

function attendedWithCache(
  queries: Tensor,
  { cached, bias, newKeys, newValues }: {
    cached: Cache;
    bias: Tensor;
    newKeys: Tensor;
    newValues: Tensor;
  },
): Tensor {
  const before = add(matmul(queries, cached.keys), bias);
  const own = sumOver(multiply(queries, newKeys), 3);
  const total: Dimension = "cached_and_new";
  const weights = softmax(concatLast([before, own], total));
  return add(
    matmul(firstOfLast(weights, "cached"), cached.values),
    multiply(lastOfLast(weights, 1), newValues),
  );
}

/**
 * One token in each slot, over a cache that the caller owns.
 *
 * Inputs: `ids` (slots,), `cosine` and `sine` (slots, 1, headSize) of the tokens' positions, `bias`
 * (slots, 1, 1, cached): 0 where the cache holds a token, `HIDDEN_SCORE` elsewhere; the cache under
 * `cachedNames`, keys (slots, keyHeads, headSize, cached), values (slots, keyHeads, cached, headSize).
 * Outputs: `logits` (slots, vocabulary), and under `cacheNames` the tokens' own rows
 * (slots, keyHeads, headSize).
 */
export function decodeGraph(config: ModelConfig): Outputs {
  const weights = WeightInputs.of(config);
  const cache: Record<string, Tensor> = {};
  const ids = input("ids", ["slots"], "int64");
  const hidden = hiddenStates(config, weights, ids, cachedAttention(config, cache));
  return { logits: linear(hidden, weights.head), ...cache };
}

/** Cosines and sines of positions, each (length, headSize); the first half of the sines is negated. */
export function rotaryTable(
  { headSize, ropeTheta }: Pick<ModelConfig, "headSize" | "ropeTheta">,
  length: number,
): { readonly cosine: Float32Array; readonly sine: Float32Array } {
  const half = headSize / 2;
  const cosine = new Float32Array(length * headSize);
  const sine = new Float32Array(length * headSize);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * ropeTheta ** (-i / half);
      const at = position * headSize + i;
      cosine[at] = cosine[at + half] = Math.cos(angle);
      sine[at] = -Math.sin(angle);
      sine[at + half] = Math.sin(angle);
    }
  }
  return { cosine, sine };
}

/** Hides each position's future: shape (group * length, length), the same for each head of a group. */
export function causalMask(length: number, group: number): Float32Array {
  const mask = new Float32Array(group * length * length);
  for (let row = 0; row < group * length; row++) {
    const position = row % length;
    mask.fill(HIDDEN_SCORE, row * length + position + 1, (row + 1) * length);
  }
  return mask;
}
