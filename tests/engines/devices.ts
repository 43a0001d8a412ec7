/**
 * The devices that tests run on: the processor, and WebGPU where `VK_ICD_FILENAMES` names a Vulkan
 * driver, a real one or Mesa's, which computes on the processor (docs/engines.md, Devices).
 *
 * @module
 */

import type { DeviceKind } from "../../src/engines/onnx_session.ts";

/** Whether tests run on WebGPU. */
export const HAS_DRIVER = Deno.env.has("VK_ICD_FILENAMES");

/** A test on each device; those that cannot run here are shown as ignored. */
export function onEachDevice(
  name: string,
  test: (device: DeviceKind) => Promise<void>,
  devices: readonly DeviceKind[] = ["cpu", "webgpu"],
): void {
  for (const device of devices) {
    const ignore = device === "webgpu" && !HAS_DRIVER;
    const why = ignore ? ": no VK_ICD_FILENAMES" : "";
    Deno.test({ name: `${name} [${device}${why}]`, ignore, fn: () => test(device) });
  }
}

/** A test of WebGPU against the processor. */
export function onWebgpu(name: string, test: () => Promise<void>): void {
  onEachDevice(name, test, ["webgpu"]);
}
