/**
 * A model whose size is told, and refused where it cannot fit, before its weights are read.
 *
 * @module
 */

import type { EngineOptions } from "../engines/options.ts";
import { productSpeed } from "../engines/product_speed.ts";
import { checkMemory, estimate, estimateText } from "../models/estimate.ts";
import { type Model, type ModelOptions, openModel } from "../models/model_folder.ts";
import type { Lora } from "../models/lora.ts";
import type { Place } from "./engine_setup.ts";
import { located } from "./located.ts";

/** What the model is for. */
export interface Purpose {
  readonly engine: EngineOptions;
  readonly place: Place;
  /** Conversations that there will be at most. */
  readonly conversations: number;
  /** What is learned; null where nothing is. */
  readonly training: { readonly lora: Lora | null } | null;
}

/** Weights from which on a model's size is worth telling, in bytes. */
const LARGE = 1e8;

/** A conversation's length where nothing is known of it, in tokens: a prompt with a schema and some turns. */
const CONTEXT_TOKENS = 2048;

/**
 * Loads a model; a large one's memory and time are estimated first, on the error stream.
 *
 * @throws {Error} As `openModel` does.
 * @throws {RangeError} If what it takes in any case is more than the memory that is left.
 */
export async function loadSizedModel(
  path: string,
  options: ModelOptions,
  { engine, place, conversations, training }: Purpose,
): Promise<Model> {
  const { readWeights, ...model } = await openModel(located(path), options);
  // A server has the weights.
  if (engine.engine === "tinker") return { ...model, weights: new Map() };
  const { config } = model;
  const workload = {
    slots: Math.min(engine.slots, conversations),
    contextTokens: Math.min(config.maxLength, CONTEXT_TOKENS),
    training: training && {
      ...training,
      microBatchTokens: engine.microBatchTokens,
      activationBytes: engine.activationMegabytes * 2 ** 20,
    },
  };
  const estimated = estimate(config, workload);
  if (estimated.bytes.weights >= LARGE) {
    const threads = engine.threads || navigator.hardwareConcurrency;
    const session = { threads, device: place.kind };
    const gigaflops = await productSpeed(session, { size: 1024, tries: 2 }) / 1e9;
    console.error(`${path}, ${place.name}\n${estimateText(estimated, gigaflops)}`);
  }
  checkMemory(estimated, Deno.systemMemoryInfo().available);
  return { ...model, weights: await readWeights() };
}
