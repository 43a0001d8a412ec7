/**
 * The embedded engine as the commands set it up. Apart from the other setup, so that commands that
 * need no model do not load a runtime for one.
 *
 * @module
 */

import type { Engine } from "../engines/engine.ts";
import { OnnxEngine } from "../engines/onnx.ts";
import type { EngineOptions } from "../engines/options.ts";
import type { EnvOptions } from "../env/options.ts";
import { type Adapters, loadAdapters } from "../models/adapter_folder.ts";
import { initialAdapters } from "../models/lora.ts";
import type { Model } from "../models/model_folder.ts";
import type { NamedTensors } from "../models/weights.ts";

/** The embedded engine with a model's weights, which it takes over. */
export function makeEngine(
  model: Model,
  options: EngineOptions,
  adapters?: Adapters,
): Promise<Engine> {
  const { beta1, beta2, weightDecay, maxGradientNorm, microBatchTokens, slots } = options;
  return OnnxEngine.create({
    ...model,
    adapters,
    adam: { beta1, beta2, epsilon: 1e-8, weightDecay },
    maxGradientNorm,
    threads: options.threads || navigator.hardwareConcurrency,
    microBatchTokens,
    activationBytes: options.activationMegabytes * 2 ** 20,
    slots,
  });
}

/** An engine that stays where the policy is now, however the policy's own engine changes. */
export function makeReference(
  model: Model,
  options: EngineOptions,
  adapters?: Adapters,
): Promise<Engine> {
  // Under adapters nobody changes the weights, so that these can be shared.
  if (!adapters) return makeEngine({ ...model, weights: copied(model.weights) }, options);
  return makeEngine(model, options, { ...adapters, weights: copied(adapters.weights) });
}

function copied(tensors: NamedTensors): NamedTensors {
  return new Map(
    Array.from(tensors, ([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
  );
}

/**
 * The adapters that a command asks for: those of a folder, new ones of `loraRank`, or none.
 *
 * @throws {Error} If the folder cannot be read, or the targets are no layers of the model.
 */
export async function adaptersOf(
  { config }: Model,
  { adapter, loraRank, loraAlpha, loraTargets }: EngineOptions,
  seed: number,
): Promise<Adapters | undefined> {
  if (adapter !== "") return await loadAdapters(adapter, config);
  if (loraRank === 0) return undefined;
  const targets = loraTargets.split(",").map((target) => target.trim());
  const shape = { rank: loraRank, alpha: loraAlpha, targets };
  return { shape, weights: initialAdapters(config, shape, seed) };
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
