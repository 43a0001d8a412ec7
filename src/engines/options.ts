/**
 * Options of the optimizer and the engines.
 *
 * @module
 */

import { choice, folder, option, real, type Values } from "../config/option.ts";
import { LORA_TARGETS } from "../models/lora.ts";
import { TINKER_OPTIONS } from "./tinker/options.ts";

/** Where ONNX Runtime can be asked to compute. */
export const DEVICE_CHOICES = ["auto", "cpu", "webgpu", "cuda"] as const;

/**
 * What computes under TensorFlow.js: plain TypeScript, WebAssembly on one core, Deno's own WebGPU, or
 * the TensorFlow C library on the CPU or on an NVIDIA GPU (docs/tfjs.md says what these need).
 */
export const TFJS_BACKENDS = ["cpu", "wasm", "webgpu", "node", "node-gpu"] as const;

const { serverProfile, adam, ...SERVER_OPTIONS } = TINKER_OPTIONS;

/** How a policy acts: what computes, with what resources, and how long messages may be. */
export const ACTING_OPTIONS = {
  engine: choice(
    "onnx",
    ["onnx", "tfjs", "tinker"],
    "what computes: ONNX Runtime, TensorFlow.js, or a server that speaks the Tinker API (docs/tinker.md)",
    "ours",
  ),
  device: choice(
    "cpu",
    DEVICE_CHOICES,
    "where ONNX Runtime computes (auto = cuda, else webgpu, else cpu); cpu gives the same bits on any run",
    "ours",
  ),
  tfjsBackend: choice("wasm", TFJS_BACKENDS, "where TensorFlow.js computes", "ours"),
  adapter: folder("", "folder of PEFT adapters on top of the model (none = none)", "ours"),
  threads: option(0, "threads of a matrix product (0 = one a core)", "ours", { range: [0, 1024] }),
  slots: option(64, "conversations that generate at once", "ours", { range: [1, 4096] }),
  maxTurnTokens: option(96, "longest assistant message, in tokens", "ours", {
    range: [1, 1_000_000],
  }),
  ...SERVER_OPTIONS,
};

/** How weights are updated; of no use where a policy only acts. */
export const LEARNING_OPTIONS = {
  beta1: option(0.9, "AdamW: decay of the mean of gradients", "neighbour", { range: [0, 1] }),
  beta2: option(0.99, "AdamW: decay of the mean of squared gradients", "ours", { range: [0, 1] }),
  weightDecay: option(0.01, "AdamW: decoupled weight decay", "neighbour", { range: [0, 1] }),
  maxGradientNorm: real(
    1,
    "longer gradients are scaled down to this L2 norm (0 = never)",
    "neighbour",
    { range: [0, Infinity] },
  ),
  loraRank: option(
    0,
    "rank of adapters learned in place of all weights (0 = all weights)",
    "ours",
    {
      range: [0, 65_536],
    },
  ),
  loraAlpha: real(32, "the product of an adapter counts alpha / rank times", "neighbour", {
    range: [0, Infinity],
  }),
  loraTargets: option(
    LORA_TARGETS.join(","),
    "linear layers that get adapters",
    "ours",
  ),
  microBatchTokens: option(
    8192,
    "padded tokens in one forward or backward pass; bounds the memory",
    "ours",
    { range: [1, 1e9] },
  ),
  activationMegabytes: option(
    2048,
    "inner results kept between the forward and the backward pass; above that, layers are computed again",
    "ours",
    { range: [0, 1e9] },
  ),
  serverProfile,
  adam,
};

/** Options of an engine that learns. */
export const ENGINE_OPTIONS = { ...ACTING_OPTIONS, ...LEARNING_OPTIONS };

/** Values of {@linkcode ACTING_OPTIONS}. */
export type ActingOptions = Values<typeof ACTING_OPTIONS>;

/** Values of {@linkcode ENGINE_OPTIONS}. */
export type EngineOptions = Values<typeof ENGINE_OPTIONS>;
