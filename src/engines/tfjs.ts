/**
 * The second engine: the same graphs on TensorFlow.js, whose backends reach devices that ONNX Runtime
 * may not (docs/tfjs.md). Loaded only when asked for.
 *
 * @module
 */

import { EmbeddedEngine, type EmbeddedEngineOptions, networkParts } from "./embedded.ts";
import { ArrayLearner } from "./learner.ts";
import { type TfjsBackend, tfjsBackend } from "./tfjs_backend.ts";
import { TfjsNetwork } from "./tfjs_network.ts";

/** What an engine is made of, and what computes. */
export interface TfjsEngineOptions extends EmbeddedEngineOptions {
  readonly backend: TfjsBackend;
}

/** A decoder that trains and generates on TensorFlow.js. */
export class TfjsEngine extends EmbeddedEngine {
  /**
   * An engine with fresh optimizer moments.
   *
   * @throws {TypeError} If the weights are not those of the config, or the backend cannot be loaded.
   * @throws {RangeError} If the tokenizer has tokens that the model has not.
   */
  static async create(options: TfjsEngineOptions): Promise<TfjsEngine> {
    const parts = networkParts(options);
    const switchTo = await tfjsBackend(options.backend);
    const network = new TfjsNetwork(parts.shape, parts.weights, switchTo);
    const learner = new ArrayLearner(network, parts);
    return new TfjsEngine(options, { name: `tfjs-${options.backend}`, network, learner });
  }
}
