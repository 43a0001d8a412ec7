/**
 * What is measured on a device: copies, the largest matrix product, and what an engine makes of them.
 *
 * @module
 */

import { DeviceMemory } from "../../src/engines/device_memory.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import type { SessionOptions } from "../../src/engines/onnx_session.ts";
import type { ChatTokens } from "../../src/models/chat_tokens.ts";
import type { ModelConfig } from "../../src/models/config.ts";
import type { Batch } from "../../src/trajectory/batch.ts";
import { type Size, trainingFlops } from "./flops.ts";
import { cheapWeights, type Shape } from "./shapes.ts";

const ADAM = { beta1: 0, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01 };

/** Largest inner results kept on a device; above it layers are computed again. */
const ACTIVATION_BYTES = 2 ** 34;

/** Training steps, the first of which is not timed. */
const STEPS = 4;

/** The median of the milliseconds of `count` calls, after one that makes room and compiles. */
async function medianMs(count: number, run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(count / 2)];
}

/** Milliseconds by megabyte (2^20 bytes) that a copy to the device and one back take. */
export interface Copies {
  readonly toDevice: number;
  readonly back: number;
}

/** Copies of `megabytes` there and back, apart from the fixed cost of a run. */
export async function copies(session: SessionOptions, megabytes: number): Promise<Copies> {
  await using memory = await DeviceMemory.create(session);
  const there = async (length: number) => {
    const data = new Float32Array(length);
    return await medianMs(5, async () => {
      using tensor = await memory.put(data);
      await memory.read(tensor);
    });
  };
  const back = async (length: number) => {
    using tensor = await memory.put(new Float32Array(length));
    return await medianMs(5, () => memory.read(tensor));
  };
  const length = megabytes * 2 ** 18;
  const both = (await there(length) - await there(1)) / megabytes;
  const ownBack = (await back(length) - await back(1)) / megabytes;
  return { toDevice: both - ownBack, back: ownBack };
}

function engine(config: ModelConfig, session: SessionOptions): Promise<OnnxEngine> {
  return OnnxEngine.create({
    config,
    weights: cheapWeights(config),
    chat: numbersChat(config.vocabSize),
    adam: ADAM,
    maxGradientNorm: Infinity,
    microBatchTokens: 2 ** 20,
    activationBytes: ACTIVATION_BYTES,
    ...session,
  });
}

/** A chat whose texts are token ids between spaces, so that no tokenizer is needed. */
function numbersChat(vocabSize: number): ChatTokens {
  const encode = (text: string) => text.split(" ").filter(Boolean).map(Number);
  return {
    vocabSize,
    endOfTurn: 1,
    endsTurn: new Set([1]),
    prompt: (messages) => messages.flatMap(({ content }) => encode(content)),
    observation: encode,
    encode,
    decode: (ids) => Array.from(ids).join(" "),
  };
}

/** Trajectories of random tokens, every second one of which is scored. */
function randomBatch({ vocabSize }: ModelConfig, batch: number, length: number): Batch {
  const count = batch * length;
  return {
    offsets: Int32Array.from({ length: batch + 1 }, (_, row) => row * length),
    ids: Int32Array.from({ length: count }, (_, token) => (token * 7919 + 13) % vocabSize),
    actionMask: Uint8Array.from({ length: count }, (_, token) => token % 2),
    stepOf: new Int16Array(count),
    sampledLogprobs: new Float64Array(count),
    advantages: new Float64Array(count),
  };
}

function meanLogprob(logprobs: Float64Array, { actionMask }: Batch) {
  const share = -1 / actionMask.reduce((a, b) => a + b, 0);
  const gradient = Float64Array.from(actionMask, (mask) => mask * share);
  return { loss: gradient.reduce((sum, g, i) => sum + g * logprobs[i], 0), gradient, metrics: {} };
}

/** Largest differences from the processor, as a share of the largest number. */
export interface Errors {
  readonly logprobs: number;
  /** Of the weight where they are largest. */
  readonly gradients: number;
}

/** A device against the processor on a short batch, with one layer of a large model. */
export async function errors({ config }: Shape, session: SessionOptions): Promise<Errors> {
  const layerCount = config.hiddenSize > 256 ? 1 : config.layerCount;
  const small = { ...config, layerCount };
  const batch = randomBatch(small, 2, 40);
  const found: { logprobs: ArrayLike<number>; gradients: Map<string, Float32Array> }[] = [];
  for (const device of ["cpu", session.device] as const) {
    await using one = await engine(small, { ...session, device });
    const logprobs = await one.logprobs(batch);
    await one.update(batch, meanLogprob, 0);
    const { tensors } = await one.state();
    // Without a decay of the mean, first moments are gradients.
    const gradients = Array.from(tensors, ([name, { data }]) => [name, data] as const)
      .filter(([name]) => name.startsWith("adam.m."));
    found.push({ logprobs, gradients: new Map(gradients) });
  }
  const [expected, actual] = found;
  return {
    logprobs: difference(actual.logprobs, expected.logprobs),
    gradients: Math.max(...Array.from(
      expected.gradients,
      ([name, gradient]) => difference(actual.gradients.get(name)!, gradient),
    )),
  };
}

function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [largest, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i] - expected[i]);
    // Not a number is as far apart as can be.
    largest = apart >= 0 ? Math.max(largest, apart) : Infinity;
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return largest / (scale || 1);
}

/** Tokens a second of `batch` conversations side by side, after a prompt of 64 tokens each. */
export async function generationSpeed(
  { config }: Shape,
  session: SessionOptions,
  { batch, tokens }: { batch: number; tokens: number },
): Promise<number> {
  await using one = await engine(config, session);
  const policy = one.policy({ temperature: 1, maxTurnTokens: tokens });
  const content = Array.from({ length: 64 }, (_, i) => 10 + i).join(" ");
  const conversations = Array.from(
    { length: batch },
    (_, seed) => policy.start([{ role: "user", content }], { exampleId: "speed", seed }),
  );
  const spoken = () => Promise.all(conversations.map((conversation) => conversation.act()));
  await spoken();
  for (const conversation of conversations) conversation.observe("4 5");
  const start = performance.now();
  const turns = await spoken();
  const seconds = (performance.now() - start) / 1000;
  for (const conversation of conversations) conversation.close();
  return turns.reduce((sum, { text }) => sum + text.split(" ").length, 0) / seconds;
}

/** Milliseconds of the parts of a training step. */
interface StepTime {
  readonly gradientMs: number;
  readonly optimizerMs: number;
}

/** Median times of a training step, and operations a second, counted by `trainingFlops`. */
export interface TrainingSpeed extends StepTime {
  readonly tokens: number;
  readonly flops: number;
}

/** Steps of the engine as a run makes them. */
export async function trainingSpeed(shape: Shape, session: SessionOptions): Promise<TrainingSpeed> {
  const { config, training: { batch, length } } = shape;
  await using one = await engine(config, session);
  const trajectories = randomBatch(config, batch, length);
  const timed: StepTime[] = [];
  for (let step = 0; step < STEPS; step++) {
    const report = await one.update(trajectories, meanLogprob, 1e-6, "sampled");
    timed.push({ gradientMs: report.backwardMs, optimizerMs: report.optimizerMs });
  }
  return speedOf(shape, timed);
}

/** @param timed The first is left out: it makes room and compiles. */
function speedOf({ config, training }: Shape, timed: readonly StepTime[]): TrainingSpeed {
  const middle = Math.floor((timed.length - 1) / 2);
  const median = (part: keyof StepTime) =>
    timed.slice(1).map((time) => time[part]).sort((a, b) => a - b)[middle];
  const [gradientMs, optimizerMs] = [median("gradientMs"), median("optimizerMs")];
  const tokens = training.batch * training.length;
  const size: Size = { ...training, rows: tokens / 2 };
  const flops = trainingFlops(config, size) / ((gradientMs + optimizerMs) / 1000);
  return { tokens, gradientMs, optimizerMs, flops };
}
