/**
 * Moves arrays to a device and back: elsewhere numbers stay where they were computed.
 *
 * @module
 */

import { input } from "../models/graph/tensor.ts";
import { elementCount } from "../models/weights.ts";
import { type DeviceTensor, OnnxSession, type SessionOptions } from "./onnx_session.ts";

/**
 * The memory of one device.
 *
 * @example There and back
 * ```ts
 * import assert from "node:assert/strict";
 * import { DeviceMemory } from "./device_memory.ts";
 *
 * await using memory = await DeviceMemory.create({ threads: 1, device: "cpu" });
 * using tensor = await memory.put(Float32Array.of(1, 2, 3));
 * assert.deepEqual(await memory.read(tensor), Float32Array.of(1, 2, 3));
 * ```
 */
export class DeviceMemory implements AsyncDisposable {
  readonly #put: OnnxSession;
  readonly #read: OnnxSession;

  private constructor(put: OnnxSession, read: OnnxSession) {
    this.#put = put;
    this.#read = read;
  }

  /** Access to the memory of `options.device`. */
  static async create(options: SessionOptions): Promise<DeviceMemory> {
    const same = { same: input("x", ["n"]) };
    return new DeviceMemory(
      await OnnxSession.create(same, options, ["same"]),
      await OnnxSession.create(same, options),
    );
  }

  /** A copy on the device, shape (n,); it can be fed under any shape of as many elements. */
  async put(x: Float32Array): Promise<DeviceTensor> {
    return (await this.#put.runKeeping({ n: x.length }, { x })).kept.same;
  }

  /** A copy of what is on the device, which has to finish computing it first. */
  async read(x: DeviceTensor): Promise<Float32Array> {
    return (await this.#read.run({ n: elementCount(x.shape) }, { x })).same;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#put[Symbol.asyncDispose]();
    await this.#read[Symbol.asyncDispose]();
  }
}
