/**
 * Runs graphs of tensors with ONNX Runtime; the only place that knows its package.
 *
 * @module
 */

import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import ort from "onnxruntime-node";
import { type OnnxModel, onnxModel, type Outputs } from "../models/graph/onnx_model.ts";
import { resolved, type Sizes } from "../models/graph/tensor.ts";
import { elementCount } from "../models/weights.ts";
import { onWebgpu } from "./webgpu_operators.ts";

/** Version of ONNX Runtime. */
export const ONNXRUNTIME_VERSION: string = ort.env.versions.node!;

/** What a graph is fed: float arrays are read in place, whole numbers are converted. */
export type Feeds = Readonly<Record<string, Float32Array | Int32Array | DeviceTensor>>;

/** Where graphs run: the name of an execution provider of ONNX Runtime. */
export type DeviceKind = "cpu" | "webgpu" | "cuda";

/** How sessions run. */
export interface SessionOptions {
  /** Threads of a matrix product on the processor. */
  readonly threads: number;
  /** The processor unless said otherwise. */
  readonly device?: DeviceKind;
}

/** What a run gave. */
export interface Results {
  /** Outputs copied to arrays. */
  readonly read: Readonly<Record<string, Float32Array>>;
  /** Outputs that stay where they were computed; the caller disposes of them. */
  readonly kept: Readonly<Record<string, DeviceTensor>>;
}

/**
 * Numbers that stay on a device between runs, of any sessions there. With `webgpu` they are in the
 * device's memory; with `cpu` and `cuda`, whose memory the package does not give out, in the host's.
 * They are disposed of before the session that made them, else WebGPU crashes the process.
 */
export class DeviceTensor implements Disposable {
  readonly shape: readonly number[];
  readonly #tensor: ort.Tensor;

  /** @internal Tensors come from {@linkcode OnnxSession.runKeeping}. */
  constructor(tensor: ort.Tensor) {
    this.shape = tensor.dims;
    this.#tensor = tensor;
  }

  /** @internal The same numbers under another shape of as many elements. */
  as(shape: readonly number[]): ort.Tensor {
    const tensor = this.#tensor;
    return tensor.location === "gpu-buffer"
      ? ort.Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: "float32", dims: shape })
      : new ort.Tensor("float32", tensor.data as Float32Array, shape);
  }

  /** Gives the memory back. */
  [Symbol.dispose](): void {
    this.#tensor.dispose();
  }
}

/** A graph ready to run at any sizes. */
export class OnnxSession {
  readonly #session: ort.InferenceSession;
  readonly #model: OnnxModel;
  readonly #device: DeviceKind;
  readonly #kept: ReadonlySet<string>;

  private constructor(
    session: ort.InferenceSession,
    model: OnnxModel,
    { device, kept }: { device: DeviceKind; kept: readonly string[] },
  ) {
    this.#session = session;
    this.#model = model;
    this.#device = device;
    this.#kept = new Set(kept);
  }

  /**
   * Serializes and loads a graph; some 0.1 s.
   *
   * @param kept Names of outputs that stay on the device.
   * @param constants Inputs that stay as they are now. Matrices among them are laid out for
   * products once, here, rather than at each run.
   */
  static async create(
    outputs: Outputs,
    { threads, device = "cpu" }: SessionOptions,
    kept: readonly string[] = [],
    constants: ReadonlyMap<string, Float32Array> = new Map(),
  ): Promise<OnnxSession> {
    const model = onnxModel(
      device === "webgpu" ? onWebgpu(outputs) : outputs,
      new Set(constants.keys()),
    );
    const session = await ort.InferenceSession.create(model.bytes, {
      executionProviders: [device],
      externalData: Array.from(constants, ([path, { buffer, byteOffset, byteLength }]) => ({
        path,
        data: new Uint8Array(buffer, byteOffset, byteLength),
      })),
      ...device === "webgpu" && kept.length > 0 && {
        preferredOutputLocation: Object.fromEntries(kept.map((name) => [name, "gpu-buffer"])),
      },
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Optimizing gains nothing on these graphs and makes loading slower.
      graphOptimizationLevel: "disabled",
      enableMemPattern: false,
      logSeverityLevel: 3,
      // Else the threads of one session spin on the cores that the next one needs.
      extra: { session: { force_spinning_stop: "1" } },
    });
    return new OnnxSession(session, model, { device, kept });
  }

  /**
   * Computes the outputs that are not kept; blocks the event loop while it does.
   *
   * @param sizes Numbers for the named sizes of the graph.
   * @param feeds Data of each input; names that the graph does not have are passed over.
   * @throws {TypeError} If an input is missing or not as long as its shape.
   * @throws {RangeError} If a size is 0 on WebGPU, where products over no elements crash the process.
   */
  async run(sizes: Sizes, feeds: Feeds): Promise<Results["read"]> {
    return (await this.runKeeping(sizes, feeds)).read;
  }

  /** {@linkcode run} for graphs with outputs that stay on the device. */
  async runKeeping(sizes: Sizes, feeds: Feeds): Promise<Results> {
    if (this.#device === "webgpu") checkSizes(sizes);
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
    const read: Record<string, Float32Array> = {};
    const kept: Record<string, DeviceTensor> = {};
    for (const name of Object.keys(this.#model.outputs)) {
      if (this.#kept.has(name)) kept[name] = new DeviceTensor(results[name]);
      else read[name] = results[name].data as Float32Array;
    }
    return { read, kept };
  }

  /** Frees the native memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

function checkSizes(sizes: Sizes): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (size < 1) {
      throw new RangeError(
        `Cannot run on WebGPU as each size must be at least 1 there: "${name}" is ${size}`,
      );
    }
  }
}

function tensor(
  name: string,
  type: "float32" | "int64",
  shape: readonly number[],
  data: Feeds[string] | undefined,
): ort.Tensor {
  const length = data instanceof DeviceTensor ? elementCount(data.shape) : data?.length;
  if (data === undefined || length !== elementCount(shape)) {
    throw new TypeError(
      `Cannot feed "${name}" as its shape must be [${shape}]: ${
        data ? `${length} elements were given` : "nothing was given"
      }`,
    );
  }
  if (data instanceof DeviceTensor) return data.as(shape);
  if (type === "int64") return new ort.Tensor("int64", BigInt64Array.from(data, BigInt), shape);
  return new ort.Tensor("float32", data as Float32Array, shape);
}

/** Paths where ONNX Runtime looks for a device's libraries and finds none. */
export function missingLibraries(device: DeviceKind): string[] {
  if (device !== "cuda") return [];
  const system = process.platform === "win32" ? ["", ".dll"] : ["lib", ".so"];
  return ["shared", "cuda"]
    .map((name) => system.join(`onnxruntime_providers_${name}`))
    .map((file) => `../bin/napi-v6/${process.platform}/${process.arch}/${file}`)
    .map((path) => fileURLToPath(new URL(path, import.meta.resolve("onnxruntime-node"))))
    .filter((path) => !existsSync(path));
}
