/**
 * The graphs of one network on a backend of TensorFlow.js, with the weights kept on its device.
 *
 * @module
 */

import type * as tf from "@tensorflow/tfjs-core";
import { tensor } from "@tensorflow/tfjs-core";
import type { ModelConfig } from "../models/config.ts";
import { decodeGraph, prefillGraph } from "../models/generation.ts";
import type { Outputs } from "../models/graph/onnx_model.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import {
  gradientGraph,
  logprobGraph,
  type NetworkShape,
  rotaryTable,
} from "../models/transformer.ts";
import type { NamedTensors } from "../models/weights.ts";
import type { Rotary } from "./context.ts";
import type { Network } from "./network.ts";
import { type TfjsFeeds, TfjsSession } from "./tfjs_session.ts";

const GRAPHS = {
  logprobs: logprobGraph,
  gradients: (network) => gradientGraph(network),
  recomputedGradients: (network) => gradientGraph(network, true),
  prefill: prefillGraph,
  decode: decodeGraph,
} satisfies Record<string, (network: NetworkShape) => Outputs>;

/** Which of the network's computations. */
type GraphName = keyof typeof GRAPHS;

/** A network ready to compute. */
export class TfjsNetwork implements Network {
  readonly shape: NetworkShape;
  readonly rotary: Rotary;
  /** What holds memory on the device beside the weights, and is disposed of with the network. */
  readonly held = new DisposableStack();
  readonly #weights: NamedTensors;
  readonly #switchTo: () => void;
  readonly #sessions = new Map<GraphName, TfjsSession>();
  /** The weights on the device, without those that changed since. */
  readonly #onDevice = new Map<string, tf.Tensor>();

  /**
   * @param weights All inputs of the graphs that are weights, adapters among them.
   * @param switchTo Makes the library use this network's backend.
   */
  constructor(shape: NetworkShape, weights: NamedTensors, switchTo: () => void) {
    this.shape = shape;
    this.rotary = rotaryTable(shape.config, shape.config.maxLength);
    this.#weights = weights;
    this.#switchTo = switchTo;
  }

  get config(): ModelConfig {
    return this.shape.config;
  }

  /** Runs a graph, with the weights fed beside `feeds`; its outputs are copied to arrays. */
  async run(
    graph: GraphName,
    sizes: Sizes,
    feeds: TfjsFeeds,
  ): Promise<Readonly<Record<string, Float32Array>>> {
    const outputs = Object.entries(this.runOnDevice(graph, sizes, feeds));
    return Object.fromEntries(
      await Promise.all(outputs.map(async ([name, tensor]) => [name, await taken(tensor)])),
    );
  }

  /** {@linkcode run} with outputs that stay on the device, to be disposed of by the caller. */
  runOnDevice(graph: GraphName, sizes: Sizes, feeds: TfjsFeeds): Record<string, tf.Tensor> {
    this.#switchTo();
    this.#upload();
    return this.#session(graph).run(sizes, { ...Object.fromEntries(this.#onDevice), ...feeds });
  }

  weightsChanged(names: Iterable<string>): void {
    for (const name of names) {
      this.#onDevice.get(name)?.dispose();
      this.#onDevice.delete(name);
    }
  }

  /** Frees all memory on the device. */
  [Symbol.asyncDispose](): Promise<void> {
    this.held.dispose();
    this.weightsChanged(this.#weights.keys());
    return Promise.resolve();
  }

  #upload(): void {
    for (const [name, { shape, data }] of this.#weights) {
      if (!this.#onDevice.has(name)) this.#onDevice.set(name, tensor(data, [...shape]));
    }
  }

  #session(graph: GraphName): TfjsSession {
    const known = this.#sessions.get(graph);
    if (known) return known;
    const created = new TfjsSession(GRAPHS[graph](this.shape));
    this.#sessions.set(graph, created);
    return created;
  }
}

/** The elements of a tensor, which is disposed of. */
export async function taken(tensor: tf.Tensor): Promise<Float32Array> {
  const data = await tensor.data<"float32">();
  tensor.dispose();
  return data;
}
