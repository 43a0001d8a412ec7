/**
 * The devices of this machine that graphs can run on, found by running one on each.
 *
 * @module
 */

import { cpus } from "node:os";
import { matmul } from "../models/graph/operations.ts";
import { input } from "../models/graph/tensor.ts";
import type { DEVICE_CHOICES } from "./options.ts";
import { type DeviceKind, missingLibraries, OnnxSession } from "./onnx_session.ts";

/** A device that computes. */
export interface Device {
  readonly kind: DeviceKind;
  /** What it is, for results: `cuda (NVIDIA H200, driver 580.159.03)`. */
  readonly name: string;
}

/** What was found out about a kind of device. */
export interface Probe extends Device {
  /** Whether the machine has one. */
  readonly isThere: boolean;
  /** Why it cannot be used and what to do about that; null where it can. */
  readonly problem: string | null;
  /** Whether the processor plays the device, slower than it computes itself. */
  readonly isSoftware: boolean;
}

/** A device to run on. */
export interface ChosenDevice extends Device {
  /** Faster devices that this machine has, and why they cannot be used. */
  readonly passedOver: readonly string[];
}

/** What can be asked for: a kind, or the fastest that this machine has. */
type DeviceChoice = typeof DEVICE_CHOICES[number];

/** Fastest first. */
const KINDS: readonly DeviceKind[] = ["cuda", "webgpu", "cpu"];

/** Where the advice is. */
const DOCUMENT = "docs/engines.md, Devices";

/** Tries every kind of device; some 0.2 s each, and quiet where there is none. */
export async function probeDevices(): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const kind of KINDS) probes.push(await probe(kind));
  return probes;
}

/**
 * The device that was asked for. `auto` takes CUDA, else WebGPU on a graphics card, else the
 * processor; a device that was named must work.
 *
 * @example The processor is always there
 * ```ts
 * import assert from "node:assert/strict";
 * import { chooseDevice } from "./device.ts";
 *
 * assert.match((await chooseDevice("cpu")).name, /^cpu \(.+ threads?\)$/);
 * ```
 *
 * @throws {Error} If the device that was named cannot be used, with advice.
 */
export async function chooseDevice(wanted: DeviceChoice): Promise<ChosenDevice> {
  const passedOver: string[] = [];
  for (const kind of wanted === "auto" ? KINDS : [wanted]) {
    const { name, isThere, problem, isSoftware } = await probe(kind);
    if (problem === null && (wanted !== "auto" || !isSoftware)) return { kind, name, passedOver };
    if (isThere && !isSoftware) passedOver.push(`${name}: ${problem}`);
    if (wanted !== "auto") {
      throw new Error(`Cannot run on "${wanted}" as the device must answer: ${problem}`);
    }
  }
  throw new Error(`Cannot run as some device must answer: ${passedOver.join("; ")}`);
}

async function probe(kind: DeviceKind): Promise<Probe> {
  const { name, isSoftware = false, problem } = await FINDERS[kind]();
  return {
    kind,
    name: `${kind} (${name ?? "none"})`,
    isThere: name !== undefined,
    isSoftware,
    problem: problem ? `${problem}; see ${DOCUMENT}` : await trial(kind),
  };
}

/** Null if a product computed on the device is right, else what went wrong. */
async function trial(kind: DeviceKind): Promise<string | null> {
  const product = matmul(input("a", ["rows", 3]), input("b", [3, 2]));
  try {
    await using session = await OnnxSession.create({ product }, { threads: 1, device: kind });
    const feeds = { a: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(1, 0, 0, 1, 1, 1) };
    const results = await session.run({ rows: 2 }, feeds);
    const found = results.product.join(" ");
    return found === "4 5 10 11" ? null : `it gave ${found} for 4 5 10 11`;
  } catch (error) {
    return `${reasonOf(error as Error)} (${ADVICE[kind]}; see ${DOCUMENT})`;
  }
}

/** What is left of a message without the lines of ONNX Runtime's source that lead to it. */
function reasonOf({ message }: Error): string {
  return /CUDA failure \d+: [^;]*[^; ]/.exec(message)?.[0] ??
    message.split("\n")[0].split(" was false. ").at(-1)!;
}

const ADVICE: Readonly<Record<DeviceKind, string>> = {
  cpu: "the package onnxruntime-node may be damaged",
  webgpu:
    "on Linux it needs a Vulkan loader, libvulkan.so.1, and a driver, which VK_ICD_FILENAMES can name",
  cuda:
    "the driver must be as new as the provider's CUDA, whose libraries LD_LIBRARY_PATH must name; the log above says which could not be loaded",
};

interface Found {
  /** Absent where there is none. */
  readonly name?: string;
  readonly isSoftware?: boolean;
  /** Why a run need not be tried. */
  readonly problem?: string;
}

/** What the system says of a device, asked without ONNX Runtime, which is loud where it fails. */
const FINDERS: Readonly<Record<DeviceKind, () => Promise<Found>>> = {
  cpu: () => {
    const threads = navigator.hardwareConcurrency;
    const model = cpus()[0]?.model.trim() ?? "unknown";
    return Promise.resolve({ name: `${model}, ${threads} thread${threads === 1 ? "" : "s"}` });
  },
  webgpu: async () => {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) return { problem: `no graphics adapter was found (${ADVICE.webgpu})` };
    const { description, vendor, isFallbackAdapter } = adapter.info;
    return { name: description || vendor || "unnamed", isSoftware: isFallbackAdapter };
  },
  cuda: async () => {
    const name = await nvidiaCard();
    if (name === null) return { problem: "no NVIDIA driver was found (nvidia-smi names no card)" };
    const missing = missingLibraries("cuda");
    if (missing.length === 0) return { name };
    return { name, problem: `ONNX Runtime needs ${missing.join(" and ")}` };
  },
};

/** Name and driver of the first NVIDIA card; null without one. */
async function nvidiaCard(): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", {
      args: ["--query-gpu=name,driver_version", "--format=csv,noheader"],
    }).output();
    const [name, driver] = new TextDecoder().decode(stdout).split("\n")[0].split(", ");
    return success && driver ? `${name}, driver ${driver}` : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
