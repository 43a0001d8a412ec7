/**
 * The graphs of one network on a backend of TensorFlow.js, with the weights kept on its device.
 *
 * @module
 */

import { backend, type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { ModelConfig } from "../models/config.ts";
import { HEAD } from "../models/extension.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import { type NetworkShape, rotaryTable } from "../models/transformer.ts";
import type { NamedTensors } from "../models/weights.ts";
import type { Rotary } from "./context.ts";
import { type ArrayFeeds, type ArrayNetwork, type GraphName, GRAPHS } from "./network.ts";
import { TfjsSession } from "./tfjs_session.ts";

/** A network ready to compute. */
export class TfjsNetwork implements ArrayNetwork {
  readonly config: ModelConfig;
  readonly rotary: Rotary;
  /** WebGPU refuses buffers of no elements. */
  readonly minSize: number = 1;
  readonly #shape: NetworkShape;
  readonly #weights: NamedTensors;
  readonly #switchTo: () => void;
  readonly #sessions = new Map<GraphName, TfjsSession>();
  /** The weights on the device, without those that changed since. */
  readonly #onDevice = new Map<string, Tensor>();

  /**
   * @param weights All inputs of the graphs that are weights, adapters among them.
   * @param switchTo Makes the library use this network's backend.
   */
  constructor(shape: NetworkShape, weights: NamedTensors, switchTo: () => void) {
    this.config = shape.config;
    this.rotary = rotaryTable(shape.config, shape.config.maxLength);
    this.#shape = shape;
    this.#weights = weights;
    this.#switchTo = switchTo;
  }

  async run(
    graph: GraphName,
    sizes: Sizes,
    feeds: ArrayFeeds,
  ): Promise<Readonly<Record<string, Float32Array>>> {
    this.#switchTo();
    return await withoutDeviceErrors(async () => {
      const outputs = this.#session(graph).run(sizes, { ...this.#weightFeeds(), ...feeds });
      return Object.fromEntries(
        await Promise.all(
          Object.entries(outputs).map(async ([name, tensor]) => [name, await taken(tensor)]),
        ),
      );
    });
  }

  weightsChanged(names: Iterable<string>): void {
    for (const name of names) {
      this.#onDevice.get(name)?.dispose();
      this.#onDevice.delete(name);
    }
  }

  /** Frees the weights on the device. */
  [Symbol.asyncDispose](): Promise<void> {
    this.weightsChanged(this.#weights.keys());
    return Promise.resolve();
  }

  #weightFeeds(): Record<string, Tensor> {
    for (const [name, { shape, data }] of this.#weights) {
      if (!this.#onDevice.has(name)) this.#onDevice.set(name, tensor(data, [...shape]));
    }
    // Generation asks for the last layer by its name where that is the embedding table, too.
    const embedding = this.#onDevice.get("model.embed_tokens.weight")!;
    return { [HEAD]: embedding, ...Object.fromEntries(this.#onDevice) };
  }

  #session(graph: GraphName): TfjsSession {
    const known = this.#sessions.get(graph);
    if (known) return known;
    const created = new TfjsSession(GRAPHS[graph](this.#shape));
    this.#sessions.set(graph, created);
    return created;
  }
}

/**
 * Computes on the backend in use, and throws what WebGPU refused: the library would go on with
 * whatever is in the memory of results that were never computed.
 */
async function withoutDeviceErrors<T>(compute: () => Promise<T>): Promise<T> {
  const { device } = backend() as { device?: GPUDevice };
  device?.pushErrorScope("validation");
  const result = await compute();
  const error = await device?.popErrorScope();
  if (error) {
    throw new TypeError(
      `Cannot compute on WebGPU as the device must accept each command: ${error.message}`,
    );
  }
  return result;
}

/** The elements of a tensor, which is disposed of. */
async function taken(tensor: Tensor): Promise<Float32Array> {
  const data = await tensor.data<"float32">();
  tensor.dispose();
  return data;
}
