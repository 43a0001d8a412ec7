/**
 * A network that lives on one device: weights, gradients and optimizer moments stay there. What goes
 * in at a run is what its tokens are made of; what comes out is logprobs, logits, new keys and values.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";
import { HEAD } from "../models/extension.ts";
import type { Sizes } from "../models/graph/tensor.ts";
import { gradientName, type NetworkShape, rotaryTable } from "../models/transformer.ts";
import { DeviceAdamW } from "./adamw_graph.ts";
import type { Rotary } from "./context.ts";
import { DeviceMemory } from "./device_memory.ts";
import type { EngineState } from "./engine.ts";
import type { Learner } from "./learner.ts";
import {
  type ArrayFeeds,
  type GradientGraph,
  type GraphName,
  GRAPHS,
  type Network,
  type NetworkParts,
} from "./network.ts";
import {
  type DeviceTensor,
  OnnxSession,
  type Results,
  type SessionOptions,
} from "./onnx_session.ts";

type DeviceWeights = Readonly<Record<string, DeviceTensor>>;

/** A network on a device, with what it learns; every graph reads the same weights. */
export class DeviceNetwork implements Network, Learner {
  readonly rotary: Rotary;
  /** On WebGPU products over no elements crash. */
  readonly minSize = 1;
  readonly #shape: NetworkShape;
  readonly #options: SessionOptions;
  readonly #memory: DeviceMemory;
  /** Weights that are not learned. */
  readonly #frozen: DeviceWeights;
  readonly #optimizer: DeviceAdamW;
  readonly #sessions = new Map<GraphName, Promise<OnnxSession>>();
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(
    shape: NetworkShape,
    options: SessionOptions,
    { memory, frozen, optimizer }: {
      memory: DeviceMemory;
      frozen: DeviceWeights;
      optimizer: DeviceAdamW;
    },
  ) {
    this.rotary = rotaryTable(shape.config, shape.config.maxLength);
    this.#shape = shape;
    this.#options = options;
    this.#memory = memory;
    this.#frozen = frozen;
    this.#optimizer = optimizer;
  }

  /** Copies all weights to the device; the arrays are not looked at again. */
  static async create(
    { shape, weights, learned, adam }: NetworkParts,
    options: SessionOptions,
  ): Promise<DeviceNetwork> {
    const memory = await DeviceMemory.create(options);
    const frozen: Record<string, DeviceTensor> = {};
    for (const [name, { data }] of weights) {
      if (!learned.has(name)) frozen[name] = await memory.put(data);
    }
    const optimizer = await DeviceAdamW.create(learned, adam, options);
    return new DeviceNetwork(shape, options, { memory, frozen, optimizer });
  }

  get config(): ModelConfig {
    return this.#shape.config;
  }

  async run(
    graph: Exclude<GraphName, GradientGraph>,
    sizes: Sizes,
    feeds: ArrayFeeds,
  ): Promise<Results["read"]> {
    return await this.#inTurn(async () => (await this.#ran(graph, sizes, feeds)).read);
  }

  async pullBack(graph: GradientGraph, sizes: Sizes, feeds: ArrayFeeds): Promise<Float32Array> {
    return await this.#inTurn(async () => {
      const { read, kept } = await this.#ran(graph, sizes, feeds);
      await this.#optimizer.accumulate(
        Object.fromEntries(this.#learnedNames.map((name) => [name, kept[gradientName(name)]])),
      );
      return read.logprobs;
    });
  }

  async gradientNorm(): Promise<number> {
    return await this.#inTurn(() => this.#optimizer.gradientNorm());
  }

  async step(learningRate: number, scale: number): Promise<void> {
    await this.#inTurn(() => this.#optimizer.step(learningRate, scale));
  }

  discard(): void {
    this.#optimizer.discard();
  }

  async state(): Promise<EngineState> {
    return await this.#inTurn(async () => ({
      tensors: await this.#optimizer.tensors(),
      optimizerSteps: this.#optimizer.steps,
    }));
  }

  async restore({ tensors, optimizerSteps }: EngineState): Promise<void> {
    await this.#inTurn(() => this.#optimizer.restore(tensors));
    this.#optimizer.steps = optimizerSteps;
  }

  /** Frees all that is on the device. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lastTurn;
    // A tensor cannot be disposed of after the session that made it: the process would crash.
    await this.#optimizer[Symbol.asyncDispose]();
    for (const tensor of Object.values(this.#frozen)) tensor[Symbol.dispose]();
    await this.#memory[Symbol.asyncDispose]();
    for (const session of this.#sessions.values()) await (await session)[Symbol.asyncDispose]();
  }

  get #learnedNames(): string[] {
    return Object.keys(this.#optimizer.weights);
  }

  /** Generation asks for the last layer by its name where that is the embedding table, too. */
  get #weights(): DeviceWeights {
    const weights = { ...this.#frozen, ...this.#optimizer.weights };
    return { [HEAD]: weights["model.embed_tokens.weight"], ...weights };
  }

  async #ran(graph: GraphName, sizes: Sizes, feeds: ArrayFeeds): Promise<Results> {
    const session = await this.#session(graph);
    return await session.runKeeping(sizes, { ...this.#weights, ...feeds });
  }

  #session(graph: GraphName): Promise<OnnxSession> {
    const known = this.#sessions.get(graph);
    if (known) return known;
    const outputs = GRAPHS[graph](this.#shape);
    const kept = this.#learnedNames.map(gradientName).filter((name) => name in outputs);
    const created = OnnxSession.create(outputs, this.#options, kept);
    this.#sessions.set(graph, created);
    return created;
  }

  /** One after the other, as a step disposes of the weights that a run beside it would read. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}
