/**
 * What an engine needs of a network, whatever library computes it.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import type { Rotary } from "./context.ts";

/** Arrays by the names of a graph's inputs. */
export type ArrayFeeds = Readonly<Record<string, Float32Array | Int32Array>>;

/** The graphs of one network over one set of weights. */
export interface Network extends AsyncDisposable {
  readonly config: ModelConfig;
  /** Cosines and sines of all positions, shape (maxLength, headSize) each. */
  readonly rotary: Rotary;
  /** Least of a graph's sizes; 0 unless said otherwise. */
  readonly minSize?: number;
  /** Runs a graph of transformer.ts or extension.ts in src/models, with the weights fed beside `feeds`. */
  run(
    graph: "logprobs" | "gradients" | "recomputedGradients" | "extension",
    sizes: Sizes,
    feeds: ArrayFeeds,
  ): Promise<Readonly<Record<string, Float32Array>>>;
  /** Where there are copies of the weights elsewhere: drops those of weights that changed in place. */
  weightsChanged?(names: Iterable<string>): void;
}
