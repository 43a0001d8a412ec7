/**
 * Arithmetic of a network's passes, in floating-point operations.
 *
 * @module
 */

import type { ModelConfig } from "../../src/models/config.ts";
import { weightShapes } from "../../src/models/weights.ts";

/** A padded batch. */
export interface Size {
  readonly batch: number;
  readonly length: number;
  /** Positions whose logits are computed. */
  readonly rows: number;
}

/**
 * Operations of the matrix products of one forward pass, a multiplication and an addition counted as
 * two; all else is left out, as it is small.
 *
 * - each weight matrix of a layer: `2 * elements` for each of `batch * length` tokens
 * - scores and their use: `4 * length` for each entry of a head's query and each token, as the graphs
 *   compute the whole square and hide half of it
 * - the last layer: `2 * hiddenSize * vocabSize` for each of `rows`
 *
 * @example One layer of one head, 2 tokens, one of them scored
 * ```ts
 * import assert from "node:assert/strict";
 * import { modelConfig } from "../../src/models/config.ts";
 * import { forwardFlops } from "./flops.ts";
 *
 * const config = modelConfig({
 *   model_type: "llama",
 *   hidden_size: 4,
 *   intermediate_size: 8,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 1,
 *   vocab_size: 10,
 *   max_position_embeddings: 2,
 *   rms_norm_eps: 1e-5,
 * });
 * // Four matrices of 16 weights, three of 32; scores of 2 by 2; 10 logits.
 * const layer = 2 * (4 * 16 + 3 * 32) * 2 + 4 * 2 * 4 * 2;
 * assert.equal(forwardFlops(config, { batch: 1, length: 2, rows: 1 }), layer + 2 * 4 * 10);
 * ```
 */
export function forwardFlops(config: ModelConfig, { batch, length, rows }: Size): number {
  let matrices = 0;
  for (const [name, shape] of weightShapes(config)) {
    if (name.includes(".layers.") && shape.length === 2) matrices += shape[0] * shape[1];
  }
  const tokens = batch * length;
  const attention = 4 * length * config.headCount * config.headSize * config.layerCount;
  return tokens * (2 * matrices + attention) + 2 * rows * config.hiddenSize * config.vocabSize;
}

/**
 * A forward pass and its gradient, which is two more: one by what goes in, one by the weights. Layers
 * that are computed again are not counted again, so that a share of the peak is a share of useful work.
 */
export function trainingFlops(config: ModelConfig, size: Size): number {
  return 3 * forwardFlops(config, size);
}
