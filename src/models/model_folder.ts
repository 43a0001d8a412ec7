/**
 * A model as a Hugging Face folder: config.json, model.safetensors, tokenizer.json and
 * tokenizer_config.json.
 *
 * @module
 */

import { join } from "node:path";
import { chatTokens, type TokenizerConfig, type TokenizerJson } from "./chat_template.ts";
import type { ChatTokens } from "./chat_tokens.ts";
import { configJson, type ModelConfig, modelConfig } from "./config.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { checkedWeights, type NamedTensors } from "./weights.ts";

/** A model's network, weights and tokenizer. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: NamedTensors;
  readonly tokenizer: { readonly json: TokenizerJson; readonly config: TokenizerConfig };
  readonly chat: ChatTokens;
}

/**
 * Loads a model folder.
 *
 * @throws {Error} If a file is missing or broken, or the tokenizer is not that of the weights; the
 * message names the file.
 */
export async function loadModel(directory: string): Promise<Model> {
  const config = await read(directory, "config.json", (bytes) => modelConfig(parseJson(bytes)));
  const weights = await read(
    directory,
    "model.safetensors",
    (bytes) => checkedWeights(config, decodeSafetensors(bytes)),
  );
  const json = await read(directory, "tokenizer.json", (bytes) => parseJson(bytes));
  const tokenizerConfig = await read(
    directory,
    "tokenizer_config.json",
    (bytes) => checkedTokenizerConfig(parseJson(bytes)),
  );
  const chat = await read(directory, "tokenizer.json", () => {
    const chat = chatTokens(json, tokenizerConfig);
    if (chat.vocabSize > config.vocabSize) {
      throw new RangeError(
        `its ${chat.vocabSize} tokens must be within the model's vocabulary of ${config.vocabSize}`,
      );
    }
    return chat;
  });
  return { config, weights, tokenizer: { json, config: tokenizerConfig }, chat };
}

/** Writes a model folder that `loadModel`, and Hugging Face's loaders, read. */
export async function saveModel(
  directory: string,
  { config, weights, tokenizer }: Omit<Model, "chat">,
): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const writeJson = (name: string, value: unknown) =>
    Deno.writeTextFile(join(directory, name), JSON.stringify(value, null, 1) + "\n");
  await writeJson("config.json", configJson(config));
  await writeJson("tokenizer.json", tokenizer.json);
  await writeJson("tokenizer_config.json", tokenizer.config);
  await Deno.writeFile(join(directory, "model.safetensors"), encodeSafetensors(weights));
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
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new Error(`Cannot load model as ${name} must be readable: ${reason}: ${path}`, {
      cause: error,
    });
  }
}

function parseJson(bytes: Uint8Array): TokenizerJson {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function checkedTokenizerConfig(json: TokenizerJson): TokenizerConfig {
  const fields = Object(json) as TokenizerJson;
  for (const field of ["chat_template", "eos_token"]) {
    if (typeof fields[field] !== "string") {
      throw new TypeError(`"${field}" must be a text: it is ${JSON.stringify(fields[field])}`);
    }
  }
  const { prompt_template: template } = fields;
  if (template !== undefined && template !== "full" && template !== "compact") {
    throw new TypeError(
      `"prompt_template" must be full, compact or absent: it is ${JSON.stringify(template)}`,
    );
  }
  return fields as unknown as TokenizerConfig;
}
