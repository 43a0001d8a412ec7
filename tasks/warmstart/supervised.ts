/**
 * Supervised learning of demonstrations, for warm starts.
 *
 * @module
 */

import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { Rng } from "../../src/config/rng.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import type { Model } from "../../src/models/model_folder.ts";
import { weightsOf } from "../../src/models/weights.ts";
import { makeBatch } from "../../src/trajectory/batch.ts";
import type { Tokens } from "../../src/trajectory/episode.ts";

/** How much is learned and how fast. */
export interface Lesson {
  readonly steps: number;
  /** Peak of the learning rate. */
  readonly learningRate: number;
  /** About how many tokens each step learns from. */
  readonly batchTokens: number;
  readonly threads: number;
  /** Of the order of the demonstrations. */
  readonly seed: number;
  /** Told the mean loss of each 100 steps, in nats a token. */
  readonly onProgress: (step: number, loss: number) => void;
}

/** The model after the lesson, and the mean loss of its last 100 steps. */
export async function learned(
  model: Model,
  demonstrations: readonly Tokens[],
  { batchTokens, threads, seed, onProgress, ...lesson }: Lesson,
): Promise<{ model: Model; loss: number }> {
  const source = batches(demonstrations, batchTokens, seed);
  await using engine = await OnnxEngine.create({
    ...model,
    adam: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01 },
    maxGradientNorm: 1,
    threads,
    microBatchTokens: batchTokens,
  });
  const { surrogate } = makeAlgorithm("sft");
  let lossSum = 0;
  let loss = NaN;
  for (let step = 0; step < lesson.steps; step++) {
    const batch = makeBatch(
      source.next().value!.map((tokens: Tokens) => ({
        tokens,
        advantages: new Float64Array(tokens.ids.length),
      })),
    );
    // The loss of a demonstration has one gradient wherever it is taken.
    const report = await engine.update(batch, surrogate, learningRateAt(step, lesson), "sampled");
    lossSum += report.loss;
    if ((step + 1) % 100 === 0) {
      loss = lossSum / 100;
      lossSum = 0;
      onProgress(step + 1, loss);
    }
  }
  return { model: { ...model, weights: weightsOf((await engine.state()).tensors) }, loss };
}

/** Endless batches of about `tokenCount` tokens of similar length, in seeded order. */
function* batches(tokens: readonly Tokens[], tokenCount: number, seed: number) {
  for (let epoch = 0;; epoch++) {
    const rng = new Rng(seed, "batches", epoch);
    const byLength = rng.shuffled(tokens).sort((a, b) => bucket(a) - bucket(b));
    const all: Tokens[][] = [];
    let batch: Tokens[] = [];
    for (const item of byLength) {
      if ((batch.length + 1) * item.ids.length > tokenCount) all.push(batch), batch = [];
      batch.push(item);
    }
    yield* rng.shuffled(all);
  }
}

const bucket = ({ ids }: Tokens) => Math.ceil(ids.length / 64);

/** Linear warm-up over the first 5 %, then cosine decay to a twentieth. */
function learningRateAt(
  step: number,
  { steps, learningRate: peak }: Pick<Lesson, "steps" | "learningRate">,
): number {
  const warmup = Math.ceil(steps / 20);
  if (step < warmup) return peak * (step + 1) / warmup;
  const progress = (step - warmup) / Math.max(1, steps - warmup);
  return peak * (0.05 + 0.95 * (1 + Math.cos(Math.PI * progress)) / 2);
}
