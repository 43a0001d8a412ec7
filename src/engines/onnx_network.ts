/**
 * The graphs of one network over arrays of weights, each loaded when it is first needed.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import { HEAD } from "../models/extension.ts";
import { type NetworkShape, rotaryTable } from "../models/transformer.ts";
import type { NamedTensors } from "../models/weights.ts";
import { type ArrayNetwork, type GraphName, GRAPHS } from "./network.ts";
import { type Feeds, OnnxSession, type SessionOptions } from "./onnx_session.ts";

/**
 * A network ready to compute. Training reads the weights at each run. Generation has its own copy of
 * the matrices, laid out for products: {@linkcode OnnxNetwork.weightsChanged} makes it be made anew.
 */
export class OnnxNetwork implements ArrayNetwork {
  readonly shape: NetworkShape;
  /** Cosines and sines of all positions, shape (maxLength, headSize) each. */
  readonly rotary: { readonly cosine: Float32Array; readonly sine: Float32Array };
  readonly #weights: NamedTensors;
  readonly #feeds: Feeds;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<GraphName, Promise<OnnxSession>>();
  /** Sessions over weights that have changed since. */
  readonly #stale: Promise<OnnxSession>[] = [];

  /** @param weights All inputs of the graphs that are weights, adapters among them. */
  constructor(shape: NetworkShape, weights: NamedTensors, options: SessionOptions) {
    this.shape = shape;
    this.rotary = rotaryTable(shape.config, shape.config.maxLength);
    this.#weights = weights;
    this.#feeds = Object.fromEntries(Array.from(weights, ([name, { data }]) => [name, data]));
    this.#options = options;
  }

  get config(): ModelConfig {
    return this.shape.config;
  }

  /** Runs a graph, with the weights fed beside `feeds`. */
  async run(graph: GraphName, sizes: Sizes, feeds: Feeds): ReturnType<OnnxSession["run"]> {
    while (this.#stale.length > 0) await (await this.#stale.pop()!)[Symbol.asyncDispose]();
    const session = await this.#session(graph);
    return await session.run(sizes, { ...this.#feeds, ...feeds });
  }

  /** Adapters are read at each run; beside them the matrices stay as they are. */
  weightsChanged(): void {
    const session = this.#sessions.get("extension");
    if (!session || this.shape.lora) return;
    this.#sessions.delete("extension");
    this.#stale.push(session);
  }

  #session(graph: GraphName): Promise<OnnxSession> {
    const known = this.#sessions.get(graph);
    if (known) return known;
    const constants = graph === "extension" ? this.#constants() : new Map();
    const created = OnnxSession.create(GRAPHS[graph](this.shape), this.#options, [], constants);
    this.#sessions.set(graph, created);
    return created;
  }

  /**
   * The matrices of linear layers. The processor reads the embedding table row by row, where it lies;
   * another device would be sent it at each run, so that there all weights are constants.
   */
  #constants(): Map<string, Float32Array> {
    const isElsewhere = (this.#options.device ?? "cpu") !== "cpu";
    const constants = [...this.#weights]
      .filter(([name]) => !name.includes(".lora_"))
      .filter(([name, { shape }]) => isElsewhere || shape.length === 2 && name.includes(".layers."))
      .map(([name, { data }]) => [name, data] as const);
    const head = this.#weights.get(HEAD) ?? this.#weights.get("model.embed_tokens.weight")!;
    return new Map([...constants, [HEAD, head.data]]);
  }

  /** Frees the native memory of all graphs. */
  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = [...this.#sessions.values(), ...this.#stale];
    for (const session of sessions) await (await session)[Symbol.asyncDispose]();
    this.#sessions.clear();
  }
}
