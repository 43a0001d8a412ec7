/**
 * The graphs of one network over one set of weights, each loaded when it is first needed.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";
import type { Outputs } from "../models/graph/onnx_model.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import { decodeGraph, prefillGraph } from "../models/generation.ts";
import {
  causalMask,
  gradientGraph,
  logprobGraph,
  type NetworkShape,
  rotaryTable,
} from "../models/transformer.ts";
import type { NamedTensors } from "../models/weights.ts";
import { type Feeds, OnnxSession, type SessionOptions } from "./onnx_session.ts";

const GRAPHS = {
  logprobs: logprobGraph,
  gradients: (network) => gradientGraph(network),
  recomputedGradients: (network) => gradientGraph(network, true),
  prefill: prefillGraph,
  decode: decodeGraph,
} satisfies Record<string, (network: NetworkShape) => Outputs>;

/** Which of the network's computations. */
export type GraphName = keyof typeof GRAPHS;

/** A network ready to compute. Weights are read at each run, so changes in place count. */
export class OnnxNetwork {
  readonly shape: NetworkShape;
  /** Cosines and sines of all positions, shape (maxLength, headSize) each. */
  readonly rotary: { readonly cosine: Float32Array; readonly sine: Float32Array };
  readonly #weights: Feeds;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<GraphName, Promise<OnnxSession>>();

  /** @param weights All inputs of the graphs that are weights, adapters among them. */
  constructor(shape: NetworkShape, weights: NamedTensors, options: SessionOptions) {
    this.shape = shape;
    this.rotary = rotaryTable(shape.config, shape.config.maxLength);
    this.#weights = Object.fromEntries(Array.from(weights, ([name, { data }]) => [name, data]));
    this.#options = options;
  }

  get config(): ModelConfig {
    return this.shape.config;
  }

  /** Runs a graph, with the weights fed beside `feeds`. */
  async run(graph: GraphName, sizes: Sizes, feeds: Feeds): ReturnType<OnnxSession["run"]> {
    const session = await this.#session(graph);
    return await session.run(sizes, { ...this.#weights, ...feeds });
  }

  /**
   * What causal attention is fed for contexts of `length` tokens.
   *
   * @throws {RangeError} If no such context fits the model.
   */
  contextFeeds(length: number): Feeds {
    const { headSize, maxLength } = this.config;
    if (length > maxLength) {
      throw new RangeError(
        `Cannot run ${length} tokens as the model's context holds at most ${maxLength}`,
      );
    }
    return {
      cosine: this.rotary.cosine.subarray(0, length * headSize),
      sine: this.rotary.sine.subarray(0, length * headSize),
      mask: causalMask(length),
    };
  }

  #session(graph: GraphName): Promise<OnnxSession> {
    const known = this.#sessions.get(graph);
    if (known) return known;
    const created = OnnxSession.create(GRAPHS[graph](this.shape), this.#options);
    this.#sessions.set(graph, created);
    return created;
  }

  /** Frees the native memory of all graphs. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values()) await (await session)[Symbol.asyncDispose]();
    this.#sessions.clear();
  }
}
