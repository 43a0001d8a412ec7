/**
 * The graph that generation runs on ONNX Runtime: each slot's context grows by some tokens, over
 * caches of keys and values that the caller owns. A prompt, a tool's result and a sampled token are
 * the same computation at different sizes, so the weights are held once.
 *
 * A context is a prompt, which slots may share and which is kept once, and what the slot added to it.
 * Attention is computed over each part for itself, over a prompt for all its slots in one product,
 * and the two are weighed by their total chances, as in FlashAttention (Dao et al., 2022, arXiv 2205.14135).
 *
 * Named sizes: slots, width (new tokens of each), rows (new tokens whose logits are wanted), own
 * (cached tokens of a slot, padded), own_and_new (own + width), prompts, shared (cached tokens of a prompt,
 * padded), seats (the most slots on one prompt).
 *
 * @module
 */

import type { ModelConfig } from "./config.ts";
import { linear, permuted, reshaped, rotated, rowsOf } from "./graph/layers.ts";
import type { Outputs } from "./graph/onnx_model.ts";
import {
  add,
  afterFirstOfLast,
  concatLast,
  exponential,
  firstOfLast,
  gather,
  lastOfLast,
  matmul,
  maxOverLast,
  multiply,
  reciprocal,
  softmax,
  subtract,
} from "./graph/operations.ts";
import { input, product, type Tensor } from "./graph/tensor.ts";
import {
  type Attend,
  cachedNames,
  cacheNames,
  hiddenStates,
  type NetworkShape,
  WeightInputs,
} from "./transformer.ts";

/** Name of the last layer's matrix, also where it is the embedding table. */
export const HEAD = "lm_head.weight";

/** Names of a layer's cached keys and values of prompts, as the graph's inputs. */
export function promptNames(layer: number): { readonly keys: string; readonly values: string } {
  return { keys: `prompt_keys:${layer}`, values: `prompt_values:${layer}` };
}

/**
 * Some new tokens in each slot.
 *
 * Inputs: `ids` (slots*width,); `cosine` and `sine` (slots, width, 1, headSize) of their positions; `mask`
 * (headCount/keyHeads * width, width), added to the scores among them; `positions` (rows,) into `ids`. Of the
 * slots' own caches, under `cachedNames`, keys (slots, keyHeads, headSize, own), values (slots, keyHeads,
 * own, headSize), with `own_bias` (slots, 1, 1, own): 0 where there is a token, `HIDDEN_SCORE` elsewhere.
 * Of the prompts the same under `promptNames`, with prompts, shared and `shared_bias` for slots, own
 * and `own_bias`; `seats` (prompts*seats,): which slots are on each prompt, filled up with any; and
 * `places` (slots,): where each slot is among these. `own` may be 0, `shared` may not.
 *
 * Outputs: `logits` (rows, vocabulary), and under `cacheNames` the new tokens' keys (slots, keyHeads,
 * headSize, width) and values (slots, keyHeads, width, headSize).
 */
export function extensionGraph(network: NetworkShape): Outputs {
  const { config } = network;
  const weights = WeightInputs.of(network);
  const ids = input("ids", [product("slots", "width")], "int64");
  const positions = input("positions", ["rows"], "int64");
  const cache: Record<string, Tensor> = {};
  const hidden = hiddenStates(config, weights, ids, extendingAttention(config, cache));
  const head = input(HEAD, weights.head.shape);
  return { logits: linear(rowsOf(hidden, positions), head), ...cache };
}

/** What queries found in one part of their context. */
interface Attended {
  /** Mean of the values by their chances, shape (..., queries, headSize). */
  readonly mean: Tensor;
  /** Highest score, shape (..., queries, 1). */
  readonly highest: Tensor;
  /** The share of the chances that it has, shape (..., queries, 1). */
  readonly peak: Tensor;
}

function extendingAttention(config: ModelConfig, cache: Record<string, Tensor>): Attend {
  const { headCount, keyValueHeadCount, headSize } = config;
  const group = headCount / keyValueHeadCount;
  const cosine = input("cosine", ["slots", "width", 1, headSize]);
  const sine = input("sine", ["slots", "width", 1, headSize]);
  const mask = input("mask", [product("width", group), "width"]);
  const ownBias = input("own_bias", ["slots", 1, 1, "own"]);
  const seating = seatingInputs();
  const scale = 1 / Math.sqrt(headSize);
  const split = (x: Tensor, heads: number) => reshaped(x, ["slots", "width", heads, headSize]);
  return (layer, queries, keys, values) => {
    const byHead = permuted(
      multiply(rotated(split(queries, headCount), cosine, sine), scale),
      [0, 2, 1, 3],
    );
    // The query heads of one key head are laid along the axis of positions.
    const q = reshaped(byHead, ["slots", keyValueHeadCount, product("width", group), headSize]);
    const k = permuted(rotated(split(keys, keyValueHeadCount), cosine, sine), [0, 2, 3, 1]);
    const v = permuted(split(values, keyValueHeadCount), [0, 2, 1, 3]);
    Object.assign(cache, { [cacheNames(layer).keys]: k, [cacheNames(layer).values]: v });
    const own = attendedOwn(q, {
      cached: cacheInputs(config, cachedNames(layer), "slots", "own"),
      bias: ownBias,
      keys: k,
      values: v,
      mask,
    });
    const prompts = cacheInputs(config, promptNames(layer), "prompts", "shared");
    const attended = joined(own, attendedPrompts(q, prompts, seating));
    return reshaped(permuted(reshaped(attended, byHead.shape), [0, 2, 1, 3]), [
      product("slots", "width"),
      headCount * headSize,
    ]);
  };
}

interface Cache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

function cacheInputs(
  { keyValueHeadCount, headSize }: ModelConfig,
  names: { readonly keys: string; readonly values: string },
  entries: string,
  tokens: string,
): Cache {
  return {
    // Keys lie transposed, so that no run has to transpose the cache.
    keys: input(names.keys, [entries, keyValueHeadCount, headSize, tokens]),
    values: input(names.values, [entries, keyValueHeadCount, tokens, headSize]),
  };
}

/** Shares of the chances by scores, and what they are weighed by beside other parts' chances. */
function chances(scores: Tensor): Omit<Attended, "mean"> & { readonly shares: Tensor } {
  const shares = softmax(scores);
  return { shares, highest: maxOverLast(scores), peak: maxOverLast(shares) };
}

/** Attention over what the slot added to its prompt, the new tokens among it. */
function attendedOwn(
  queries: Tensor,
  { cached, bias, keys, values, mask }: Cache & {
    readonly cached: Cache;
    readonly bias: Tensor;
    readonly mask: Tensor;
  },
): Attended {
  const before = add(matmul(queries, cached.keys), bias);
  const among = add(matmul(queries, keys), mask);
  const { shares, ...weight } = chances(concatLast([before, among], "own_and_new"));
  const mean = add(
    matmul(firstOfLast(shares, "own"), cached.values),
    matmul(afterFirstOfLast(shares, "own", "width"), values),
  );
  return { mean, ...weight };
}

/** Who attends to which prompt. */
interface Seating {
  readonly bias: Tensor;
  readonly seats: Tensor;
  readonly places: Tensor;
}

function seatingInputs(): Seating {
  return {
    bias: input("shared_bias", ["prompts", 1, 1, "shared"]),
    seats: input("seats", [product("prompts", "seats")], "int64"),
    places: input("places", ["slots"], "int64"),
  };
}

/** Attention over the prompts: the queries of all slots on one prompt are rows of one product. */
function attendedPrompts(
  queries: Tensor,
  prompts: Cache,
  { bias, seats, places }: Seating,
): Attended {
  const [, heads, rows, headSize] = queries.shape;
  const seated = permuted(
    reshaped(gather(queries, seats), ["prompts", "seats", heads, rows, headSize]),
    [0, 2, 1, 3, 4],
  );
  const grouped = reshaped(seated, ["prompts", heads, product("seats", rows), headSize]);
  const { shares, highest, peak } = chances(add(matmul(grouped, prompts.keys), bias));
  const width = Number(headSize) + 2;
  const both = reshaped(
    concatLast([matmul(shares, prompts.values), highest, peak], width),
    ["prompts", heads, "seats", rows, width],
  );
  const bySeat = reshaped(
    permuted(both, [0, 2, 1, 3, 4]),
    [product("prompts", "seats"), heads, rows, width],
  );
  const bySlot = gather(bySeat, places);
  return {
    mean: firstOfLast(bySlot, headSize),
    highest: afterFirstOfLast(bySlot, headSize, 1),
    peak: lastOfLast(bySlot, 1),
  };
}

/**
 * The mean over two parts of a context, each by its share of the chances.
 *
 * A part's total is `exp(highest) / peak`. Its logarithm is not taken: ONNX Runtime's rounds an element
 * by where it stands, so that results would depend on the other slots.
 */
function joined(a: Attended, b: Attended): Tensor {
  const ratio = multiply(
    multiply(b.peak, reciprocal(a.peak)),
    exponential(subtract(a.highest, b.highest)),
  );
  const share = reciprocal(add(ratio, 1));
  return add(a.mean, multiply(subtract(b.mean, a.mean), share));
}
