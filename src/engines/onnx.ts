/**
 * The default engine: the network's forward and backward passes are ONNX graphs built in
 * TypeScript, which ONNX Runtime computes. On WebGPU weights, gradients and moments stay there;
 * CUDA's memory cannot be held through the npm package, so there they are arrays as on the processor.
 *
 * @module
 */

import { DeviceNetwork } from "./device_network.ts";
import {
  EmbeddedEngine,
  type EmbeddedEngineOptions,
  networkParts,
  type Runtime,
} from "./embedded.ts";
import { ArrayLearner } from "./learner.ts";
import type { NetworkParts } from "./network.ts";
import { OnnxNetwork } from "./onnx_network.ts";
import type { SessionOptions } from "./onnx_session.ts";

/** What an engine is made of, and how it runs. */
export type OnnxEngineOptions = EmbeddedEngineOptions & SessionOptions;

/** A decoder that trains and generates on ONNX Runtime. */
export class OnnxEngine extends EmbeddedEngine {
  /**
   * An engine with fresh optimizer moments.
   *
   * @throws {TypeError} If the weights are not those of the config.
   * @throws {RangeError} If the tokenizer has tokens that the model has not.
   */
  static async create(options: OnnxEngineOptions): Promise<OnnxEngine> {
    return new OnnxEngine(options, await runtime(networkParts(options), options));
  }
}

async function runtime(parts: NetworkParts, options: SessionOptions): Promise<Runtime> {
  const name = "onnx";
  if (options.device === "webgpu") {
    const network = await DeviceNetwork.create(parts, options);
    return { name, network, learner: network };
  }
  const network = new OnnxNetwork(parts.shape, parts.weights, options);
  return { name, network, learner: new ArrayLearner(network, parts) };
}
