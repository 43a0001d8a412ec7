/**
 * A tiny Qwen3 with random weights, in files that any loader of Hugging Face's models reads.
 *
 * @module
 */

import type { Model } from "../../../src/models/model_folder.ts";
import { initialWeights } from "../../../src/models/weights.ts";
import { tinyModel } from "../../tiny/model.ts";

/**
 * The tiny model's phrases, embedding and last layer, on Qwen3's layers with random weights three
 * times as large as usual: gradients of so small a model would be near to rounding errors otherwise,
 * and with ten times as large ones it would say nothing that makes sense.
 */
export function tinyQwen3(): Model {
  const llama = tinyModel();
  const config = { ...llama.config, family: "qwen3" } as const;
  const weights = Array.from(initialWeights(config, 1), ([name, { shape, data }]) => {
    const own = llama.weights.get(name);
    const isLayer = name.includes(".layers.") && shape.length === 2;
    if (own && !isLayer) return [name, own] as const;
    return [name, { shape, data: isLayer ? data.map((value) => 3 * value) : data }] as const;
  });
  return { ...llama, config, weights: new Map(weights) };
}
