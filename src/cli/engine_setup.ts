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
import type { Model } from "../models/model_folder.ts";

/** The embedded engine with a model's weights. */
export function makeEngine(model: Model, options: EngineOptions): Promise<Engine> {
  const { beta1, beta2, weightDecay, maxGradientNorm, microBatchTokens, slots } = options;
  return OnnxEngine.create({
    ...model,
    adam: { beta1, beta2, epsilon: 1e-8, weightDecay },
    maxGradientNorm,
    threads: options.threads || navigator.hardwareConcurrency,
    microBatchTokens,
    slots,
  });
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
