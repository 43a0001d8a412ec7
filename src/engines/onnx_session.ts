/**
 * Runs graphs of tensors with ONNX Runtime; the only place that knows its package.
 *
 * @module
 */

import ort from "onnxruntime-node";
import { type OnnxModel, onnxModel, type Outputs } from "../models/graph/onnx_model.ts";
import { resolved, type Sizes } from "../models/graph/tensor.ts";

/** What a graph is fed: float arrays are read in place, whole numbers are converted. */
export type Feeds = Readonly<Record<string, Float32Array | Int32Array>>;

/** How sessions run. */
export interface SessionOptions {
  /** Threads of a matrix product. */
  readonly threads: number;
}

/** A graph ready to run at any sizes. */
export class OnnxSession {
  readonly #session: ort.InferenceSession;
  readonly #model: OnnxModel;

  private constructor(session: ort.InferenceSession, model: OnnxModel) {
    this.#session = session;
    this.#model = model;
  }

  /** Serializes and loads a graph; some 0.1 s. */
  static async create(outputs: Outputs, { threads }: SessionOptions): Promise<OnnxSession> {
    const model = onnxModel(outputs);
    const session = await ort.InferenceSession.create(model.bytes, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Optimizing gains nothing on these graphs and makes loading slower.
      graphOptimizationLevel: "disabled",
      enableMemPattern: false,
      logSeverityLevel: 3,
      // Else the threads of one session spin on the cores that the next one needs.
      extra: { session: { force_spinning_stop: "1" } },
    });
    return new OnnxSession(session, model);
  }

  /**
   * Computes the outputs; blocks the event loop while it does.
   *
   * @param sizes Numbers for the named sizes of the graph.
   * @param feeds Data of each input; names that the graph does not have are passed over.
   * @throws {TypeError} If an input is missing or not as long as its shape.
   */
  async run(sizes: Sizes, feeds: Feeds): Promise<Readonly<Record<string, Float32Array>>> {
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, { shape, type }] of this.#model.inputs) {
      const numbers = shape.map((dimension) => resolved(dimension, sizes));
      inputs[name] = tensor(name, type, numbers, feeds[name]);
    }
    for (const [name, shape] of this.#model.shapes) {
      const numbers = BigInt64Array.from(shape, (size) => BigInt(resolved(size, sizes)));
      inputs[name] = new ort.Tensor("int64", numbers, [shape.length]);
    }
    const results = await this.#session.run(inputs);
    return Object.fromEntries(
      Object.keys(this.#model.outputs).map((name) => [name, results[name].data as Float32Array]),
    );
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

function tensor(
  name: string,
  type: "float32" | "int64",
  shape: readonly number[],
  data: Float32Array | Int32Array | undefined,
): ort.Tensor {
  if (data?.length !== shape.reduce((all, size) => all * size, 1)) {
    throw new TypeError(
      `Cannot feed "${name}" as its shape must be [${shape}]: ${
        data ? `${data.length} elements were given` : "nothing was given"
      }`,
    );
  }
  if (type === "int64") return new ort.Tensor("int64", BigInt64Array.from(data, BigInt), shape);
  return new ort.Tensor("float32", data as Float32Array, shape);
}
