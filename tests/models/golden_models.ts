/**
 * Reads the golden models of fixtures/golden/models, and makes engines over them.
 *
 * @module
 */

import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import type { AdamOptions } from "../../src/engines/adamw.ts";
import { OnnxEngine, type OnnxEngineOptions } from "../../src/engines/onnx.ts";
import type { ChatTokens } from "../../src/models/chat_tokens.ts";
import { type ModelConfig, modelConfig } from "../../src/models/config.ts";
import { decodeSafetensors } from "../../src/models/safetensors.ts";
import type { NamedTensors } from "../../src/models/weights.ts";
import type { Batch } from "../../src/trajectory/batch.ts";
import { batchOf, plainChat, weightedLogprobs } from "../engines/engine_fixtures.ts";

/** What make_golden.py computed for a model, or for adapters over one. */
export interface Golden {
  readonly sequences: readonly number[][];
  /** 1 for the tokens that count in the loss, by sequence. */
  readonly mask: readonly number[][];
  readonly adam: AdamOptions;
  readonly learningRate: number;
  readonly maxGradientNorm: number;
  /** Of all tokens, sequence after sequence; 0 for the first of each. */
  readonly logprobs: readonly number[];
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  readonly logprobsAfterStep: readonly number[];
  /** Of the first step, before its norm is clipped. */
  readonly gradients: NamedTensors;
}

/** What make_golden.py says of a whole model. */
export interface GoldenModel extends Golden {
  readonly greedy: { readonly prompt: number[]; readonly generated: number[] };
}

/** What make_golden.py says of adapters. */
export interface GoldenAdapters extends Golden {
  readonly mergedLogprobs: readonly number[];
}

/** The folder of a golden model. */
export function goldenFolder(name: string): URL {
  return new URL(`../../fixtures/golden/models/${name}/`, import.meta.url);
}

function readJson(folder: URL, file: string) {
  return JSON.parse(Deno.readTextFileSync(new URL(file, folder)));
}

function readTensors(folder: URL, file: string): NamedTensors {
  return decodeSafetensors(Deno.readFileSync(new URL(file, folder)));
}

/** Golden numbers; of type `GoldenAdapters` where the folder is one of adapters. */
export function goldenOf<G extends Golden>(name: string): G {
  const folder = goldenFolder(name);
  const gradients = readTensors(folder, "golden.safetensors");
  return { ...readJson(folder, "golden.json"), gradients };
}

/** Config and weights of a golden model, of one file or of several. */
export function networkOf(name: string): { config: ModelConfig; weights: NamedTensors } {
  const folder = goldenFolder(name);
  const files = Array.from(Deno.readDirSync(folder), (entry) => entry.name)
    .filter((file) => file.startsWith("model") && file.endsWith(".safetensors"));
  return {
    config: modelConfig(readJson(folder, "config.json")),
    weights: new Map(files.flatMap((file) => [...readTensors(folder, file)])),
  };
}

/** The sequences that were scored, with the mask of the loss as that of the actions. */
export function batchIn({ sequences, mask }: Golden): Batch {
  const isScored = mask.flat();
  const lengths = sequences.map(({ length }) => length);
  return batchOf(lengths, sequences.flat(), (token) => isScored[token]);
}

/** The mean of `-logprob` over the mask: cross-entropy. */
export function crossEntropy({ mask }: Golden): Surrogate {
  const scored = mask.flat();
  const count = scored.reduce((sum, one) => sum + one, 0);
  return weightedLogprobs(scored.map((one) => one / count));
}

/** A chat of token ids between spaces that no token of `spoken` ends. */
export function endlessChat(vocabSize: number, spoken: readonly number[]): ChatTokens {
  const plain = plainChat(vocabSize);
  const endOfTurn = Array.from({ length: vocabSize }, (_, id) => id)
    .find((id) => !spoken.includes(id))!;
  return {
    ...plain,
    endOfTurn,
    endsTurn: new Set([endOfTurn]),
    prompt: (messages) => messages.flatMap(({ content }) => plain.encode(content)),
  };
}

/** An engine with the optimizer of the golden numbers. */
export function engineOf(
  golden: Golden,
  model: Pick<OnnxEngineOptions, "config" | "weights" | "adapters">,
  changes: Partial<OnnxEngineOptions> = {},
): Promise<OnnxEngine> {
  const { adam, maxGradientNorm } = golden;
  return OnnxEngine.create({
    ...model,
    chat: plainChat(model.config.vocabSize),
    adam,
    maxGradientNorm,
    threads: 2,
    microBatchTokens: 1000,
    ...changes,
  });
}
