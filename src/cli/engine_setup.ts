/**
 * The engine as the commands set it up. Apart from the other setup, so that commands that
 * need no model do not load a runtime for one.
 *
 * @module
 */

import { chooseDevice } from "../engines/device.ts";
import type { Engine } from "../engines/engine.ts";
import type { DeviceKind } from "../engines/onnx_session.ts";
import { OnnxEngine } from "../engines/onnx.ts";
import type { EngineOptions } from "../engines/options.ts";
import type { EnvOptions } from "../env/options.ts";
import { type Adapters, loadAdapters, loadAdapterShape } from "../models/adapter_folder.ts";
import { initialAdapters, type Lora } from "../models/lora.ts";
import type { Model } from "../models/model_folder.ts";
import type { NamedTensors } from "../models/weights.ts";

/** What an engine computes on. */
export interface Place {
  /** The device of ONNX Runtime. */
  readonly kind: DeviceKind;
  /** For people and results, such as `onnx on cpu (AMD EPYC, 2 threads)`. */
  readonly name: string;
}

/**
 * Where the options say that an engine computes.
 *
 * @throws {Error} If a device that was named cannot be used, with advice.
 */
export async function placeOf(options: EngineOptions): Promise<Place> {
  const { engine, device, tfjsBackend, server } = options;
  if (engine === "tfjs") return { kind: "cpu", name: `tfjs on ${tfjsBackend}` };
  if (engine === "tinker") return { kind: "cpu", name: `tinker at ${server}` };
  const { kind, name, passedOver } = await chooseDevice(device);
  passedOver.forEach((other) => console.error(`warning: not used: ${other}`));
  return { kind, name: `onnx on ${name}` };
}

/** What an engine is made of beside the model. */
export interface EngineParts {
  readonly adapters?: Adapters;
  readonly place?: Place;
  /** Of adapters that a server makes. */
  readonly seed?: number;
}

/** An engine with a model's weights, which it takes over. */
export async function makeEngine(
  model: Model,
  options: EngineOptions,
  { adapters, place, seed = 0 }: EngineParts = {},
): Promise<Engine> {
  if (options.engine === "tinker") {
    const { makeTinkerEngine } = await import("./tinker_setup.ts");
    return await makeTinkerEngine(model, options, seed);
  }
  const { beta1, beta2, weightDecay, maxGradientNorm, microBatchTokens, slots } = options;
  const shared = {
    ...model,
    adapters,
    adam: { beta1, beta2, epsilon: 1e-8, weightDecay },
    maxGradientNorm,
    microBatchTokens,
    activationBytes: options.activationMegabytes * 2 ** 20,
    slots,
  };
  if (options.engine === "tfjs") {
    // Loaded when asked for, as few do.
    const { TfjsEngine } = await import("../engines/tfjs.ts");
    return await TfjsEngine.create({ ...shared, backend: options.tfjsBackend });
  }
  const { kind } = place ?? await placeOf(options);
  const threads = options.threads || navigator.hardwareConcurrency;
  return await OnnxEngine.create({ ...shared, threads, device: kind });
}

/** An engine that stays where the policy is now, however the policy's own engine changes. */
export async function makeReference(
  model: Model,
  options: EngineOptions,
  { adapters, ...parts }: EngineParts,
): Promise<Engine> {
  if (!adapters) {
    return await makeEngine({ ...model, weights: copied(model.weights) }, options, parts);
  }
  // Nobody changes the weights under adapters, so that these can be shared.
  const frozen = { ...adapters, weights: copied(adapters.weights) };
  return await makeEngine(model, options, { adapters: frozen, ...parts });
}

function copied(tensors: NamedTensors): NamedTensors {
  return new Map(
    Array.from(tensors, ([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
  );
}

/**
 * The shape of the adapters that a command asks for: those of a folder, new ones, or null for none.
 *
 * @throws {Error} If the folder cannot be read.
 * @throws {RangeError} If both are asked for.
 */
export async function loraOf(
  { adapter, loraRank, loraAlpha, loraTargets }: EngineOptions,
): Promise<Lora | null> {
  if (adapter !== "" && loraRank > 0) {
    throw new RangeError(
      `Cannot adapt model as "--adapter" and "--lora-rank" must not be given together: they are ${adapter} and ${loraRank}`,
    );
  }
  if (adapter !== "") return await loadAdapterShape(adapter);
  if (loraRank === 0) return null;
  const targets = loraTargets.split(",").map((target) => target.trim());
  return { rank: loraRank, alpha: loraAlpha, targets };
}

/**
 * The adapters of {@linkcode loraOf}, if any; none where a server makes them.
 *
 * @throws {Error} If the folder cannot be read, or the targets are no layers of the model.
 */
export async function adaptersOf(
  { config }: Model,
  options: EngineOptions,
  seed: number,
): Promise<Adapters | undefined> {
  if (options.engine === "tinker") return undefined;
  if (options.adapter !== "") return await loadAdapters(options.adapter, config);
  const shape = await loraOf(options);
  return shape ? { shape, weights: initialAdapters(config, shape, seed) } : undefined;
}

/** The environment's options; the template is the one the model was trained with, unless given. */
export function envOptions(
  env: EnvOptions,
  isTemplateGiven: boolean,
  model: Model,
): EnvOptions {
  const trained = model.tokenizer.config.prompt_template;
  return isTemplateGiven || !trained ? env : { ...env, template: trained };
}
