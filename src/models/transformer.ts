/**
 * A decoder of the Llama, Qwen2 or Qwen3 family as graphs of tensors: RMSNorm, rotary positions,
 * grouped-query attention, SwiGLU. Weights are inputs under their Hugging Face names, so a change in place is seen at once.
 *
 * Named sizes: batch, length (tokens of a padded trajectory), rows (positions that are scored),
 * slots and cached (generation).
 *
 * @module
 */

import type { ModelConfig, RopeScaling } from "./config.ts";
import { gradients, recomputed } from "./graph/gradient.ts";
import {
  attention,
  linear,
  permuted,
  reshaped,
  rmsNorm,
  rotated,
  rowsOf,
  scaled,
  sum,
  swiGlu,
  tokenLogprobs,
} from "./graph/layers.ts";
import type { Outputs } from "./graph/onnx_model.ts";
import { input, product, type Shape, type Tensor } from "./graph/tensor.ts";
import { adapterNames, adapterScale, adapterShapes, type Lora } from "./lora.ts";
import { weightShapes } from "./weights.ts";

/** A network: its sizes, and the adapters that are learned in place of all weights. */
export interface NetworkShape {
  readonly config: ModelConfig;
  readonly lora: Lora | null;
}

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
export class WeightInputs {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #lora: Lora | null;
  readonly #prefix: string;

  private constructor(tensors: ReadonlyMap<string, Tensor>, lora: Lora | null, prefix = "model") {
    this.#tensors = tensors;
    this.#lora = lora;
    this.#prefix = prefix;
  }

  static of({ config, lora }: NetworkShape): WeightInputs {
    const shapes = [...weightShapes(config), ...lora ? adapterShapes(config, lora) : []];
    return new WeightInputs(
      new Map(shapes.map(([name, shape]) => [name, input(name, shape)])),
      lora,
    );
  }

  /** The weights of one layer. */
  layer(index: number): WeightInputs {
    const prefix = `model.layers.${index}`;
    const own = [...this.#tensors].filter(([name]) => name.includes(`${prefix}.`));
    return new WeightInputs(new Map(own), this.#lora, prefix);
  }

  get(name: string): Tensor {
    return this.#tensors.get(`${this.#prefix}.${name}.weight`)!;
  }

  /** A linear layer on `x`, with its bias and its adapter where the model has these. */
  project(name: string, x: Tensor): Tensor {
    const module = `${this.#prefix}.${name}`;
    const names = adapterNames(module);
    const [a, b] = [this.#tensors.get(names.a), this.#tensors.get(names.b)];
    const projected = linear(x, this.get(name), this.#tensors.get(`${module}.bias`));
    if (!a || !b) return projected;
    return sum(projected, scaled(linear(linear(x, a), b), adapterScale(this.#lora!)));
  }

  /** The last layer's matrix: its own, or the embedding table. */
  get head(): Tensor {
    return this.#tensors.get("lm_head.weight") ?? this.#tensors.get("model.embed_tokens.weight")!;
  }

  /** The weights that are learned: the adapters, where there are any, else all. */
  trained(): [string, Tensor][] {
    return [...this.#tensors].filter(([name]) => this.#lora === null || name.includes(".lora_"));
  }
}

/** Cosines and signed sines of the positions, as `rotaryTable` lays them out. */
interface Rotation {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** Attends with the queries, keys and values of one layer, each (tokens, heads * headSize). */
export type Attend = (layer: number, queries: Tensor, keys: Tensor, values: Tensor) => Tensor;

/**
 * The layers from token ids to the last norm, whatever attention is; shape (tokens, hidden).
 *
 * @param recomputes Whether gradients compute each layer again rather than keep its inner results.
 */
export function hiddenStates(
  config: ModelConfig,
  weights: WeightInputs,
  ids: Tensor,
  attend: Attend,
  recomputes = false,
): Tensor {
  let x = rowsOf(weights.get("embed_tokens"), ids);
  for (let index = 0; index < config.layerCount; index++) {
    const own = weights.layer(index);
    const layer = (x: Tensor) => layerOutput(config, own, x, (...heads) => attend(index, ...heads));
    const trained = own.trained().map(([, weight]) => weight);
    x = recomputes ? recomputed(layer, x, trained) : layer(x);
  }
  return rmsNorm(x, weights.get("norm"), config.rmsNormEpsilon);
}

/** One layer on the residual stream `x` (tokens, hidden). */
function layerOutput(
  config: ModelConfig,
  weights: WeightInputs,
  x: Tensor,
  attend: (queries: Tensor, keys: Tensor, values: Tensor) => Tensor,
): Tensor {
  const norm = (x: Tensor, name: string) => rmsNorm(x, weights.get(name), config.rmsNormEpsilon);
  const headsNormed = (x: Tensor, name: string) =>
    reshaped(norm(reshaped(x, headRows(x, config)), name), x.shape);
  const normed = norm(x, "input_layernorm");
  const queries = weights.project("self_attn.q_proj", normed);
  const keys = weights.project("self_attn.k_proj", normed);
  const hasHeadNorms = config.family === "qwen3";
  const attended = attend(
    hasHeadNorms ? headsNormed(queries, "self_attn.q_norm") : queries,
    hasHeadNorms ? headsNormed(keys, "self_attn.k_norm") : keys,
    weights.project("self_attn.v_proj", normed),
  );
  const between = sum(x, weights.project("self_attn.o_proj", attended));
  const inner = norm(between, "post_attention_layernorm");
  const activated = swiGlu(
    weights.project("mlp.gate_proj", inner),
    weights.project("mlp.up_proj", inner),
  );
  return sum(between, weights.project("mlp.down_proj", activated));
}

/** The shape of `x` (tokens, heads * headSize) with one head a row. */
function headRows({ shape: [tokens, width] }: Tensor, { headSize }: ModelConfig): Shape {
  return [product(tokens, Number(width) / headSize), headSize];
}

/** Causal attention over whole trajectories; also keeps each layer's keys and values. */
function causalAttention(config: ModelConfig, cache: Record<string, Tensor>): Attend {
  const { headCount, keyValueHeadCount, headSize } = config;
  const group = headCount / keyValueHeadCount;
  const rotation: Rotation = {
    cosine: input("cosine", ["batch", "length", 1, headSize]),
    sine: input("sine", ["batch", "length", 1, headSize]),
  };
  const mask = input("mask", ["batch", 1, "length", "length"]);
  const split = (x: Tensor, heads: number) => reshaped(x, ["batch", "length", heads, headSize]);
  const turned = (x: Tensor) => rotated(x, rotation.cosine, rotation.sine);
  return (layer, queries, keys, values) => {
    const byHead = permuted(turned(split(queries, headCount)), [0, 2, 1, 3]);
    // The query heads of one key head are laid along the axis of positions.
    const grouped = ["batch", keyValueHeadCount, product("length", group), headSize];
    const k = permuted(turned(split(keys, keyValueHeadCount)), [0, 2, 3, 1]);
    const v = permuted(split(values, keyValueHeadCount), [0, 2, 1, 3]);
    Object.assign(cache, { [cacheNames(layer).keys]: k, [cacheNames(layer).values]: v });
    const attended = attention(reshaped(byHead, grouped), k, v, { mask, group });
    return reshaped(permuted(reshaped(attended, byHead.shape), [0, 2, 1, 3]), [
      product("batch", "length"),
      headCount * headSize,
    ]);
  };
}

/** Logprobs of `targets` at the positions `positions` of padded trajectories, shape (rows, 1). */
function scoredTokens(
  { config }: NetworkShape,
  weights: WeightInputs,
  recomputes = false,
): Tensor {
  const ids = input("ids", [product("batch", "length")], "int64");
  const positions = input("positions", ["rows"], "int64");
  const targets = input("targets", ["rows", 1], "int64");
  const hidden = hiddenStates(config, weights, ids, causalAttention(config, {}), recomputes);
  return tokenLogprobs(linear(rowsOf(hidden, positions), weights.head), targets);
}

/**
 * Token logprobs of padded trajectories.
 *
 * Inputs: `ids` (batch*length,), `positions` (rows,) into these, `targets` (rows, 1): the token after
 * each position; `cosine` and `sine` (batch, length, 1, headSize) of each token's place in its trajectory;
 * `mask` (batch, 1, length, length), added to the scores. Output: `logprobs` (rows, 1).
 */
export function logprobGraph(network: NetworkShape): Outputs {
  return { logprobs: scoredTokens(network, WeightInputs.of(network)) };
}

/**
 * Pulls a gradient by logprob back to all that is learned, computing the forward pass anew.
 *
 * Inputs: those of `logprobGraph` and `seed` (rows, 1), the gradient by each logprob. Outputs:
 * `logprobs` (rows, 1), and the gradients under `gradientName`, first layer first: ONNX Runtime
 * works on outputs from the last to the first, and so can free a layer when it is done with it.
 *
 * @param recomputes Whether each layer is computed again rather than its inner results kept.
 */
export function gradientGraph(network: NetworkShape, recomputes = false): Outputs {
  const weights = WeightInputs.of(network);
  const logprobs = scoredTokens(network, weights, recomputes);
  const learned = weights.trained();
  const seed = input("seed", ["rows", 1]);
  const found = gradients(logprobs, seed, learned.map(([, weight]) => weight));
  return {
    logprobs,
    ...Object.fromEntries(learned.map(([name], i) => [gradientName(name), found[i]])),
  };
}

/**
 * Arithmetic of one token's projections, in units of that of one pair of tokens in attention: the
 * length at which both are equal.
 */
export function pairsPerToken(config: ModelConfig): number {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headSize } = config;
  const projections = hiddenSize *
    (2 * (headCount + keyValueHeadCount) * headSize + 3 * intermediateSize);
  return projections / (2 * headCount * headSize);
}

/** Matrices of the size of the scores that the backward pass of attention holds at once (graph/layers.ts). */
const SCORE_MATRICES = 6;

/** Bytes that the backward pass of one layer's attention takes for `pairs` of tokens in rows. */
export function attentionBytes({ headCount }: ModelConfig, pairs: number): number {
  return 4 * SCORE_MATRICES * headCount * pairs;
}

/**
 * Bytes of inner results that a backward pass reads, if no layer is computed again: of each token and
 * layer the attention weights over `length` tokens, and the vectors that the gradients in
 * graph/layers.ts name.
 */
export function activationBytes(
  config: ModelConfig,
  { batch, length }: { readonly batch: number; readonly length: number },
): number {
  const { hiddenSize, intermediateSize, headCount, keyValueHeadCount, headSize } = config;
  const heads = headCount + keyValueHeadCount;
  const perToken = 8 * hiddenSize + 4 * heads * headSize + 5 * intermediateSize +
    headCount * length;
  return 4 * config.layerCount * batch * length * perToken;
}

/** Cosines and sines of positions, each (length, headSize); the first half of the sines is negated. */
export function rotaryTable(
  config: Pick<ModelConfig, "headSize" | "ropeTheta" | "ropeScaling">,
  length: number,
): { readonly cosine: Float32Array; readonly sine: Float32Array } {
  const { headSize } = config;
  const frequencies = rotaryFrequencies(config);
  const half = headSize / 2;
  const cosine = new Float32Array(length * headSize);
  const sine = new Float32Array(length * headSize);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * frequencies[i];
      const at = position * headSize + i;
      cosine[at] = cosine[at + half] = Math.cos(angle);
      sine[at] = -Math.sin(angle);
      sine[at + half] = Math.sin(angle);
    }
  }
  return { cosine, sine };
}

/** Angle by position of each pair of a head's entries, shape (headSize / 2,). */
export function rotaryFrequencies(
  { headSize, ropeTheta, ropeScaling: scaling }: Pick<
    ModelConfig,
    "headSize" | "ropeTheta" | "ropeScaling"
  >,
): Float64Array {
  const half = headSize / 2;
  const plain = Float64Array.from({ length: half }, (_, i) => ropeTheta ** (-i / half));
  switch (scaling.kind) {
    case "none":
      return plain;
    case "linear":
      return plain.map((frequency) => frequency / scaling.factor);
    case "llama3":
      return plain.map((frequency) => llama3Frequency(frequency, scaling));
  }
}

/**
 * Slow turns are stretched by the factor, fast ones stay, those between are mixed (Llama 3.1).
 */
function llama3Frequency(
  frequency: number,
  { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxLength }: Extract<
    RopeScaling,
    { kind: "llama3" }
  >,
): number {
  const turns = originalMaxLength * frequency / (2 * Math.PI);
  const kept = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  const share = Math.min(1, Math.max(0, kept));
  return frequency * (share + (1 - share) / factor);
}

/** Hides each position's future, shape (length, length). */
export function causalMask(length: number): Float32Array {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) {
    mask.fill(HIDDEN_SCORE, row * length + row + 1, (row + 1) * length);
  }
  return mask;
}
