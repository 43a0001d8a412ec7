/**
 * Reads the golden models of fixtures/golden/models, and makes engines over them.
 *
 * @module
 */

import { join } from "node:path";
import type { Surrogate } from "../../src/algorithms/algorithm.ts";
import type { AdamOptions } from "../../src/engines/adamw.ts";
import { OnnxEngine, type OnnxEngineOptions } from "../../src/engines/onnx.ts";
import { decodeSafetensors } from "../../src/models/safetensors.ts";
import type { NamedTensors } from "../../src/models/weights.ts";
import type { Batch } from "../../src/trajectory/batch.ts";
import { batchOf, weightedLogprobs } from "../engines/engine_fixtures.ts";

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
export function goldenFolder(name: string): string {
  return new URL(`../../fixtures/golden/models/${name}`, import.meta.url).pathname;
}

/** Golden numbers; of type `GoldenAdapters` where the folder is one of adapters. */
export function goldenOf<G extends Golden>(name: string): G {
  const folder = goldenFolder(name);
  const gradients = decodeSafetensors(Deno.readFileSync(join(folder, "golden.safetensors")));
  return { ...JSON.parse(Deno.readTextFileSync(join(folder, "golden.json"))), gradients };
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

/** A loaded model, with the adapters that are trained in place of its weights. */
export type TrainedModel = Pick<OnnxEngineOptions, "config" | "weights" | "adapters" | "chat">;

/** An engine with the optimizer of the golden numbers. */
export function engineOf(
  golden: Golden,
  model: TrainedModel,
  changes: Partial<OnnxEngineOptions> = {},
): Promise<OnnxEngine> {
  const { config, weights, adapters, chat } = model;
  const { adam, maxGradientNorm } = golden;
  return OnnxEngine.create({
    config,
    weights,
    adapters,
    chat,
    adam,
    maxGradientNorm,
    threads: 2,
    microBatchTokens: 1000,
    ...changes,
  });
}
