/**
 * Adapters as a folder that the PEFT library reads and writes: adapter_config.json and
 * adapter_model.safetensors.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import type { ModelConfig } from "./config.ts";
import { adapterShapes, type Lora } from "./lora.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { checkNames, type NamedTensors } from "./weights.ts";

// What would change the product is refused where it differs from PEFT's default.
const SCHEMA = z.object({
  peft_type: z.literal("LORA"),
  r: z.number().int().positive(),
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.string()).nonempty(),
  bias: z.literal("none").default("none"),
  use_rslora: z.literal(false).default(false),
  use_dora: z.literal(false).default(false),
  fan_in_fan_out: z.literal(false).default(false),
  modules_to_save: z.null().optional(),
  layers_to_transform: z.null().optional(),
  rank_pattern: z.object({}).strict().default({}),
  alpha_pattern: z.object({}).strict().default({}),
});

/** Adapters that are learned in place of the weights. */
export interface Adapters {
  readonly shape: Lora;
  /** Their matrices, under PEFT's names. */
  readonly weights: NamedTensors;
}

/**
 * Loads adapters.
 *
 * @throws {Error} If a file is missing, broken, or not of plain LoRA adapters of this network; it is named.
 */
export async function loadAdapters(directory: string, config: ModelConfig): Promise<Adapters> {
  const shape = await loadAdapterShape(directory);
  const weights = await read(directory, "adapter_model.safetensors", (bytes) => {
    const tensors = decodeSafetensors(bytes);
    checkNames(adapterShapes(config, shape), tensors);
    return tensors;
  });
  return { shape, weights };
}

/**
 * Which layers adapters are of, and how large they are, without their matrices.
 *
 * @throws {Error} If adapter_config.json is missing, broken, or not of plain LoRA.
 */
export async function loadAdapterShape(directory: string): Promise<Lora> {
  return await read(directory, "adapter_config.json", parsedShape);
}

async function read<T>(
  directory: string,
  name: string,
  parse: (bytes: Uint8Array) => T,
): Promise<T> {
  const path = join(directory, name);
  try {
    return parse(await Deno.readFile(path));
  } catch (error) {
    throw new Error(
      `Cannot load adapters as ${name} must be readable: ${(error as Error).message}: ${path}`,
      { cause: error },
    );
  }
}

function parsedShape(bytes: Uint8Array): Lora {
  const parsed = SCHEMA.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new TypeError(`it must be of plain LoRA: "${path.join(".")}": ${message}`);
  }
  const { r, lora_alpha, target_modules } = parsed.data;
  return { rank: r, alpha: lora_alpha, targets: target_modules };
}

/**
 * Writes adapters as PEFT does.
 *
 * @param baseModel Path or name of the model that they belong to.
 */
export async function saveAdapters(
  directory: string,
  { shape, weights }: Adapters,
  baseModel: string,
): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const config = {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: baseModel,
    r: shape.rank,
    lora_alpha: shape.alpha,
    target_modules: shape.targets,
    lora_dropout: 0,
    bias: "none",
    use_rslora: false,
    use_dora: false,
    fan_in_fan_out: false,
    inference_mode: true,
  };
  await Deno.writeFile(join(directory, "adapter_model.safetensors"), encodeSafetensors(weights));
  await Deno.writeTextFile(
    join(directory, "adapter_config.json"),
    JSON.stringify(config, null, 2) + "\n",
  );
}
