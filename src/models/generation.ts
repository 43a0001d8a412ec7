/**
 * The graphs that generation runs: a prompt at once, then one token a conversation over a cache of
 * keys and values that the caller owns.
 *
 * @module
 */

import type { ModelConfig } from "./config.ts";
import { linear, reshaped, rotated, rowsOf } from "./graph/layers.ts";
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
import {
  type Attend,
  cachedNames,
  cacheNames,
  causalAttention,
  hiddenStates,
  type NetworkShape,
  WeightInputs,
} from "./transformer.ts";

/**
 * One prompt to what generation goes on from.
 *
 * Inputs as `logprobGraph`'s with batch 1 and no targets; output: `logits` (rows, vocabulary), and of
 * each layer under `cacheNames` keys (1, keyHeads, headSize, length), values (1, keyHeads, length, headSize).
 */
export function prefillGraph(network: NetworkShape): Outputs {
  const { config } = network;
  const weights = WeightInputs.of(network);
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
export function decodeGraph(network: NetworkShape): Outputs {
  const { config } = network;
  const weights = WeightInputs.of(network);
  const cache: Record<string, Tensor> = {};
  const ids = input("ids", ["slots"], "int64");
  const hidden = hiddenStates(config, weights, ids, cachedAttention(config, cache));
  return { logits: linear(hidden, weights.head), ...cache };
}
