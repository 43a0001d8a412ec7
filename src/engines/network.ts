/**
 * What an engine needs of a network, whatever library computes it.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";
import { extensionGraph } from "../models/extension.ts";
import type { Outputs } from "../models/graph/onnx_model.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import { gradientGraph, logprobGraph, type NetworkShape } from "../models/transformer.ts";
import type { NamedTensors } from "../models/weights.ts";
import type { AdamOptions } from "./adamw.ts";
import type { Rotary } from "./context.ts";

/** Arrays by the names of a graph's inputs. */
export type ArrayFeeds = Readonly<Record<string, Float32Array | Int32Array>>;

/** A network's computations, of transformer.ts and extension.ts in src/models. */
export const GRAPHS = {
  logprobs: logprobGraph,
  extension: extensionGraph,
  gradients: (network) => gradientGraph(network),
  recomputedGradients: (network) => gradientGraph(network, true),
} satisfies Record<string, (network: NetworkShape) => Outputs>;

/** Which of a network's computations. */
export type GraphName = keyof typeof GRAPHS;

/** Those that pull a gradient by logprob back to all that is learned. */
export type GradientGraph = "gradients" | "recomputedGradients";

/** What a network that learns is made of. */
export interface NetworkParts {
  readonly shape: NetworkShape;
  /** All that the graphs are fed as weights, adapters among them. */
  readonly weights: NamedTensors;
  /** Those that are learned: all, or the adapters. */
  readonly learned: NamedTensors;
  readonly adam: AdamOptions;
}

/** The forward passes of one network over one set of weights. */
export interface Network extends AsyncDisposable {
  readonly config: ModelConfig;
  /** Cosines and sines of all positions, shape (maxLength, headSize) each. */
  readonly rotary: Rotary;
  /** Least of a graph's sizes; 0 unless said otherwise. */
  readonly minSize?: number;
  /** Runs a graph, with the weights fed beside `feeds`. */
  run(
    graph: Exclude<GraphName, GradientGraph>,
    sizes: Sizes,
    feeds: ArrayFeeds,
  ): Promise<Readonly<Record<string, Float32Array>>>;
}

/** A network over arrays of weights, which gives gradients as arrays. */
export interface ArrayNetwork extends Network {
  run(
    graph: GraphName,
    sizes: Sizes,
    feeds: ArrayFeeds,
  ): Promise<Readonly<Record<string, Float32Array>>>;
  /** Where there are copies of the weights elsewhere: drops those of weights that changed in place. */
  weightsChanged?(names: Iterable<string>): void;
}
