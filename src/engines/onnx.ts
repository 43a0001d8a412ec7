/**
 * The default engine: the network's forward and backward passes are ONNX graphs built in
 * TypeScript, which ONNX Runtime computes.
 *
 * @module
 */

import { EmbeddedEngine, type EmbeddedEngineOptions } from "./embedded.ts";
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
  // deno-lint-ignore require-await -- What is thrown rejects the promise.
  static async create(options: OnnxEngineOptions): Promise<OnnxEngine> {
    return new OnnxEngine(options, {
      name: "onnx",
      network: (shape, weights) => new OnnxNetwork(shape, weights, options),
    });
  }
}
