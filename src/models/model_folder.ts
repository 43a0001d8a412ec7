/**
 * A model in files: a Hugging Face folder (config.json, safetensors, tokenizer.json and
 * tokenizer_config.json), or a GGUF file.
 *
 * Of generation_config.json only the tokens that end a turn are taken. Its temperature and top-p are
 * not: execution accuracy is measured under this program's own settings, the same for all models.
 *
 * @module
 */

import { basename, join } from "node:path";
import {
  type ChatOptions,
  chatTokens,
  type TokenizerConfig,
  type TokenizerJson,
  type ToolResults,
} from "./chat_template.ts";
import type { ChatTokens } from "./chat_tokens.ts";
import { configJson, type ModelConfig, modelConfig } from "./config.ts";
import { ggufConfig, ggufTensors, ROPE_FACTORS } from "./gguf_model.ts";
import { ggufTokenizer } from "./gguf_tokenizer.ts";
import { safetensorsPieces } from "./safetensors.ts";
import {
  ggufHeader,
  readTensor,
  readTensors,
  storedSafetensors,
  type StoredTensor,
  type StoredTensors,
  weightsAmong,
} from "./weight_files.ts";
import type { NamedTensors } from "./weights.ts";

/** A model's network, weights and tokenizer. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: NamedTensors;
  readonly tokenizer: { readonly json: TokenizerJson; readonly config: TokenizerConfig };
  readonly chat: ChatTokens;
  /** Bytes of its other files by name, which `saveModel` writes as they were. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** A model whose files are found whole and right, its weights still on the disk. */
export interface StoredModel extends Omit<Model, "weights"> {
  /** Reads the weights: 4 bytes for each parameter, and never a second copy. */
  readWeights(): Promise<NamedTensors>;
}

/** What a model's files leave open. */
export interface ModelOptions {
  /** How the chat shows tool results; "template" where absent. */
  readonly toolResults?: ToolResults;
}

/** What is read of a model before its weights, from either kind of files. */
interface Parts extends Pick<Model, "config" | "tokenizer"> {
  readonly tensors: StoredTensors;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly endTokens: readonly number[];
}

/**
 * Loads a model.
 *
 * @param path A Hugging Face folder, or a file whose name ends in ".gguf".
 * @throws {Error} As `openModel` does.
 */
export async function loadModel(path: string, options: ModelOptions = {}): Promise<Model> {
  const { readWeights, ...model } = await openModel(path, options);
  return { ...model, weights: await readWeights() };
}

/**
 * Reads all of a model but its weights, and checks that they are there: every tensor's name, shape and
 * type, and that no file is cut short. So what cannot be used is refused before memory is taken.
 *
 * @throws {Error} If a file is missing or broken, the tokenizer is not that of the weights, or the
 * chat template cannot show tool results; the message names the file.
 */
export async function openModel(
  path: string,
  { toolResults }: ModelOptions = {},
): Promise<StoredModel> {
  const parts = path.endsWith(".gguf") ? await ggufParts(path) : await folderParts(path);
  const { config, tensors, tokenizer, files, endTokens } = parts;
  const chat = chatOf(parts, { toolResults, endTokens }, path);
  return {
    config,
    tokenizer,
    chat,
    ...files.size > 0 && { files },
    readWeights: () => readTensors(tensors),
  };
}

function chatOf({ config, tokenizer }: Parts, options: ChatOptions, path: string): ChatTokens {
  let chat;
  try {
    chat = chatTokens(tokenizer.json, tokenizer.config, options);
  } catch (error) {
    // The message says what is wrong with which part; it lacks where.
    throw new Error(`${(error as Error).message}: ${path}`, { cause: error });
  }
  if (chat.vocabSize <= config.vocabSize) return chat;
  throw new Error(
    `Cannot load model as the tokenizer's ${chat.vocabSize} tokens must be within the model's vocabulary of ${config.vocabSize}: ${path}`,
  );
}

const GENERATION = "generation_config.json";

/** Files of a folder that are kept as they are when the model is saved. */
const KEPT_FILES = [
  GENERATION,
  "chat_template.jinja",
  "special_tokens_map.json",
  "added_tokens.json",
];

async function folderParts(folder: string): Promise<Parts> {
  const configPath = join(folder, "config.json");
  const json = await readJson(configPath);
  const config = named(configPath, () => folderConfig(json));
  const configFile = join(folder, "tokenizer_config.json");
  const tokenizerJson = await readJson(join(folder, "tokenizer.json"));
  const tokenizerConfig = await readJson(configFile);
  const files = await keptFiles(folder);
  // Older folders have the tokens that end a turn in config.json.
  const ids = json.eos_token_id;
  if (ids !== undefined && !files.has(GENERATION)) files.set(GENERATION, generationFile(ids));
  const template = files.get("chat_template.jinja");
  const tokenizer = {
    json: tokenizerJson,
    config: named(configFile, () => folderTokenizerConfig(tokenizerConfig, template)),
  };
  const endTokens = named(join(folder, GENERATION), () => endTokensOf(files.get(GENERATION)));
  const tensors = await folderTensors(folder, config);
  return { config, tokenizer, files, endTokens, tensors };
}

function folderConfig(json: TokenizerJson): ModelConfig {
  const quantization = json.quantization_config as { quant_method?: string } | undefined;
  if (quantization) {
    throw new TypeError(
      `weights must be floats: "quantization_config" says ${
        JSON.stringify(quantization.quant_method ?? quantization)
      }`,
    );
  }
  return modelConfig(json);
}

async function keptFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of KEPT_FILES) {
    const path = join(folder, name);
    if (await exists(path)) files.set(name, await Deno.readFile(path));
  }
  return files;
}

function folderTokenizerConfig(json: TokenizerJson, template?: Uint8Array): TokenizerConfig {
  const fields: TokenizerJson = template
    ? { ...json, chat_template: new TextDecoder().decode(template) }
    : json;
  checkPromptTemplate(fields);
  const { chat_template: given } = fields;
  if (typeof given !== "string" && !Array.isArray(given)) {
    throw new TypeError(
      `"chat_template" must be a text, or chat_template.jinja be beside it: it is ${
        JSON.stringify(given)
      }`,
    );
  }
  return fields as unknown as TokenizerConfig;
}

function generationFile(eos_token_id: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ eos_token_id }) + "\n");
}

/** `eos_token_id` of generation_config.json, which is one or many. */
function endTokensOf(file?: Uint8Array): readonly number[] {
  if (!file) return [];
  const { eos_token_id: ids } = parseJson(file);
  const list = [ids ?? []].flat();
  if (list.every((id) => Number.isInteger(id))) return list as number[];
  throw new TypeError(`"eos_token_id" must be one id or many: it is ${JSON.stringify(ids)}`);
}

function checkPromptTemplate({ prompt_template: template }: TokenizerJson): void {
  if (template === undefined || template === "full" || template === "compact") return;
  throw new TypeError(
    `"prompt_template" must be full, compact or absent: it is ${JSON.stringify(template)}`,
  );
}

const ONE_FILE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Where the weights lie: in one file, or in those that an index names. */
async function folderTensors(folder: string, config: ModelConfig): Promise<StoredTensors> {
  const single = join(folder, ONE_FILE);
  if (!await exists(single)) {
    const index = join(folder, INDEX);
    if (await exists(index)) {
      const tensors = await shardedTensors(folder, await readJson(index));
      return named(index, () => weightsAmong(config, tensors));
    }
    if (await exists(join(folder, "adapter_config.json"))) {
      throw new Error(
        `Cannot load model as a folder must hold whole weights: it holds an adapter of some: ${folder}`,
      );
    }
  }
  const tensors = await read(single, () => storedSafetensors(single));
  return named(single, () => weightsAmong(config, tensors));
}

/** The tensors of the files that an index names, each where the index says and nowhere else. */
async function shardedTensors(folder: string, index: TokenizerJson): Promise<StoredTensors> {
  const indexPath = join(folder, INDEX);
  const places = new Map(
    named(indexPath, () => Object.entries(index.weight_map as Record<string, string>)),
  );
  const tensors = new Map<string, StoredTensor>();
  for (const shard of new Set(places.values())) {
    const path = join(folder, shard);
    for (const [name, tensor] of await read(path, () => storedSafetensors(path))) {
      named(path, () => checkPlace(name, shard, places.get(name)));
      tensors.set(name, tensor);
    }
  }
  for (const [name, shard] of places) {
    if (tensors.has(name)) continue;
    throw unreadable(
      join(folder, shard),
      new TypeError(`it must hold the tensors that the index has in it: it lacks "${name}"`),
    );
  }
  return tensors;
}

function checkPlace(name: string, shard: string, place: string | undefined): void {
  if (place === shard) return;
  throw new TypeError(
    `the index must have each of its tensors there: it has "${name}" ${
      place === undefined ? "nowhere" : `in ${place}`
    }`,
  );
}

async function ggufParts(path: string): Promise<Parts> {
  const header = await read(path, () => Promise.resolve(ggufHeader(path)));
  const factors = header.tensors.get(ROPE_FACTORS);
  const ropeFactors = factors && await readTensor({ ...factors, path });
  return named(path, () => {
    const config = ggufConfig(header, ropeFactors);
    const tensors = weightsAmong(config, ggufTensors(header, config, path));
    const { json, config: tokenizerConfig, endTokens } = ggufTokenizer(header.metadata);
    return {
      config,
      tensors,
      tokenizer: { json, config: tokenizerConfig },
      files: new Map([[GENERATION, generationFile(endTokens)]]),
      endTokens,
    };
  });
}

/**
 * Writes a model folder that `loadModel`, and Hugging Face's loaders, read. Each file is written beside
 * its place and renamed, the weights piece by piece from their own memory.
 */
export async function saveModel(
  directory: string,
  { config, weights, tokenizer, files = new Map() }: Omit<Model, "chat">,
): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const json = (
    value: unknown,
  ) => [new TextEncoder().encode(JSON.stringify(value, null, 1) + "\n")];
  await writeWhole(join(directory, "config.json"), json(configJson(config)));
  await writeWhole(join(directory, "tokenizer.json"), json(tokenizer.json));
  await writeWhole(join(directory, "tokenizer_config.json"), json(tokenizer.config));
  for (const [name, bytes] of files) await writeWhole(join(directory, name), [bytes]);
  await writeWhole(join(directory, ONE_FILE), safetensorsPieces(weights));
}

async function writeWhole(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.part`;
  try {
    await Deno.writeFile(temporary, ReadableStream.from(pieces));
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

function readJson(path: string): Promise<TokenizerJson> {
  return read(path, async () => parseJson(await Deno.readFile(path)));
}

function parseJson(bytes: Uint8Array): TokenizerJson {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (typeof json === "object" && json !== null) return json as TokenizerJson;
  throw new TypeError(`it must be a JSON object: it is ${JSON.stringify(json)}`);
}

/** What a file holds; what is wrong with it is said with its path. */
async function read<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function named<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  const reason = error instanceof Deno.errors.NotFound
    ? "there is no such file"
    : (error as Error).message;
  return new Error(`Cannot load model as ${basename(path)} must be readable: ${reason}: ${path}`, {
    cause: error,
  });
}
