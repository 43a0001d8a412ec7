/**
 * What training a large model takes: tokens, arithmetic, memory and time, by formula.
 *
 * Nothing here is measured but the lengths of messages. The share of a device's peak that is reached
 * (`Device`) is an assumption of the reader's; all times are proportional to it.
 *
 * @module
 */

import type { ModelConfig } from "../../src/models/config.ts";
import { adapterShapes, type Lora } from "../../src/models/lora.ts";
import { elementCount, weightShapes } from "../../src/models/weights.ts";
import type { MessageTokens } from "./episode_tokens.ts";

/** An episode of `turns` messages: all but the last call a tool. */
export interface EpisodeShape extends MessageTokens {
  readonly turns: number;
  /** Tokens of reasoning in each message. */
  readonly reasoning: number;
}

/** What one train step is made of. */
export interface StepShape {
  readonly episode: EpisodeShape;
  readonly questions: number;
  /** Trajectories a question. */
  readonly groupSize: number;
}

/** Tokens of one episode, by who wrote them. */
export interface EpisodeTokens {
  readonly prompt: number;
  readonly sampled: number;
  readonly observed: number;
  readonly total: number;
}

/** Counts the tokens of an episode. */
export function episodeTokens(episode: EpisodeShape): EpisodeTokens {
  const { turns, reasoning, prompt, call, observation, answer } = episode;
  const sampled = (turns - 1) * (call + reasoning) + answer + reasoning;
  const observed = (turns - 1) * observation;
  return { prompt, sampled, observed, total: prompt + sampled + observed };
}

/** What a sampled token finds before it, on average: the prompt, and half of what comes after that. */
export function samplingContext(episode: EpisodeShape): number {
  const { prompt, sampled, observed } = episodeTokens(episode);
  return prompt + (sampled + observed) / 2;
}

/** Tokens of a train step. */
export interface StepTokens {
  readonly sampled: number;
  /** Read in before sampling goes on, with prefixes kept: prompts once a group, observations. */
  readonly read: number;
  /** The same where each turn reads all that is before it again. */
  readonly readAgain: number;
  /** All tokens of all episodes: what a forward or a backward pass goes over. */
  readonly passed: number;
}

/** Counts the tokens of a train step. */
export function stepTokens({ episode, questions, groupSize }: StepShape): StepTokens {
  const episodes = questions * groupSize;
  const { prompt, sampled, observed, total } = episodeTokens(episode);
  const { turns, call, reasoning, observation } = episode;
  // Before turn t there are the prompt and t calls with their observations.
  const turnsBefore = turns * (turns - 1) / 2;
  return {
    sampled: episodes * sampled,
    read: questions * prompt + episodes * observed,
    readAgain: episodes * (turns * prompt + turnsBefore * (call + reasoning + observation)),
    passed: episodes * total,
  };
}

/** Weights, and those of them that each token is multiplied with. */
export interface WeightCount {
  readonly all: number;
  readonly inProducts: number;
  /** Of adapters; `all` where all weights are learned. */
  readonly learned: number;
}

/** Counts weights. @param lora Null where all are learned. */
export function weightCount(config: ModelConfig, lora: Lora | null): WeightCount {
  const count = (shapes: Iterable<readonly number[]>) =>
    Array.from(shapes, elementCount).reduce((sum, n) => sum + n, 0);
  const shapes = weightShapes(config);
  const layers = [...shapes].filter(([name, { length }]) =>
    name.includes(".layers.") && length === 2
  );
  const all = count(shapes.values());
  return {
    all,
    inProducts: count(layers.map(([, shape]) => shape)) + config.vocabSize * config.hiddenSize,
    learned: lora ? count(adapterShapes(config, lora).values()) : all,
  };
}

/** Arithmetic of a train step, in floating point operations. */
export interface StepFlop {
  readonly sampling: number;
  /** The forward pass that gives the logprobs at which the loss is differentiated. */
  readonly scoring: number;
  readonly training: number;
}

/**
 * Arithmetic of a train step. With N weights in products: `2 N` a token that is read, sampled or
 * scored; `6 N` a token that is trained, `2 N` of it the gradients of the weights, which adapters
 * do not need of the frozen ones; and `2 N` more where inner results are computed again. Attention
 * over a context of n tokens adds `4 · layers · heads · head size · n` to each `2 N`, with n half of
 * the episode on average, and {@linkcode samplingContext} for a token that is sampled.
 */
export function stepFlop(
  config: ModelConfig,
  step: StepShape,
  { lora, recomputes }: { readonly lora: Lora | null; readonly recomputes: boolean },
): StepFlop {
  const { inProducts } = weightCount(config, lora);
  const { sampled, read, passed } = stepTokens(step);
  const attentionOver = (context: number) =>
    4 * config.layerCount * config.headCount * config.headSize * context;
  const attention = attentionOver(episodeTokens(step.episode).total / 2);
  const forward = 2 * inProducts + attention;
  const sample = 2 * inProducts + attentionOver(samplingContext(step.episode));
  // Attention has no weights: its gradients are those of both of its factors.
  const backward = (lora ? 2 : 4) * inProducts + 2 * attention;
  return {
    sampling: sampled * sample + read * forward,
    scoring: passed * forward,
    training: passed * (forward + backward + (recomputes ? forward : 0)),
  };
}

/** Bytes of a number in bfloat16, and in float32. */
const HALF = 2;
const SINGLE = 4;

/** Keys and values of one token, in bytes of bfloat16. */
export function cacheBytesPerToken(
  { layerCount, keyValueHeadCount, headSize }: ModelConfig,
): number {
  return HALF * 2 * layerCount * keyValueHeadCount * headSize;
}

/** Bytes over all devices, by what they are for. */
export interface Memory {
  readonly weights: number;
  /** Gradients, master copies and both moments, of what is learned. */
  readonly optimizer: number;
  readonly activations: number;
  readonly cache: number;
}

/**
 * Memory of a step, in bfloat16 with float32 for the optimizer:
 *
 * - weights `2 P`
 * - of T learned weights: gradients, master copy, two moments, `16 T`; adapters' own values `2 T`
 * - inner results of a micro-batch of t tokens, where layers are computed again: their inputs
 *   `2 · layers · hidden · t`, one layer's `34 · hidden · t` (V. Korthikanti et al. 2022, "Reducing
 *   activation recomputation in large transformer models", table 2, without the part of the
 *   softmax, which fused attention does not keep), and the logits and their gradient in float32
 * - keys and values of all conversations that generate at once, each of its full length
 *
 * @param options.conversations That generate at once.
 * @param options.microBatchTokens Of one pass on one device.
 */
export function memory(
  config: ModelConfig,
  episode: EpisodeShape,
  { lora, conversations, microBatchTokens }: {
    readonly lora: Lora | null;
    readonly conversations: number;
    readonly microBatchTokens: number;
  },
): Memory {
  const { all, learned } = weightCount(config, lora);
  const { layerCount, hiddenSize, vocabSize } = config;
  const perToken = HALF * layerCount * hiddenSize + 34 * hiddenSize + 2 * SINGLE * vocabSize;
  return {
    weights: HALF * all,
    optimizer: 4 * SINGLE * learned + (lora ? HALF * learned : 0),
    activations: perToken * microBatchTokens,
    cache: cacheBytesPerToken(config) * conversations * episodeTokens(episode).total,
  };
}

/** A kind of device, and what is assumed of it. */
export interface Device {
  readonly name: string;
  /** Dense bfloat16 operations a second. */
  readonly flops: number;
  /** Bytes a second from its memory. */
  readonly bandwidth: number;
  readonly bytes: number;
  /** Share of `flops` that training and reading prompts reach. */
  readonly computeShare: number;
  /** Share of `bandwidth` that sampling reaches. */
  readonly bandwidthShare: number;
}

/** Seconds of a train step, by phase. */
export interface StepSeconds {
  readonly sampling: number;
  readonly scoring: number;
  readonly training: number;
}

/**
 * Seconds of a train step on `count` devices that share all work evenly. Sampling takes the longer of
 * its arithmetic and of its memory traffic: for each token of an episode every copy of the model reads
 * its weights, once a wave of as many conversations as the memory has room for, and each
 * conversation the cache of what is before it.
 *
 * @param options.devicesPerCopy Devices that hold one copy of the weights.
 */
export function stepSeconds(
  config: ModelConfig,
  step: StepShape,
  { device, count, devicesPerCopy, lora, recomputes }: {
    readonly device: Device;
    readonly count: number;
    readonly devicesPerCopy: number;
    readonly lora: Lora | null;
    readonly recomputes: boolean;
  },
): StepSeconds {
  const flop = stepFlop(config, step, { lora, recomputes });
  const compute = count * device.flops * device.computeShare;
  const { sampled, total } = episodeTokens(step.episode);
  const episodes = step.questions * step.groupSize;
  const weights = weightCount(config, lora);
  const copies = count / devicesPerCopy;
  const cacheOf = (tokens: number) => cacheBytesPerToken(config) * tokens;
  const room = count * USABLE * device.bytes - copies * HALF * weights.all;
  const waves = Math.ceil(episodes / Math.max(1, Math.floor(room / cacheOf(total))));
  const traffic = sampled * (waves * copies * HALF * weights.inProducts +
    episodes * cacheOf(samplingContext(step.episode)));
  const bandwidth = count * device.bandwidth * device.bandwidthShare;
  return {
    sampling: Math.max(flop.sampling / compute, traffic / bandwidth),
    scoring: flop.scoring / compute,
    training: flop.training / compute,
  };
}

/** Fewest devices, of powers of two, whose memory holds the weights with room for the rest. */
export function devicesFor(bytes: number, device: Device): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(bytes / (USABLE * device.bytes))));
}

/** Share of a device's memory that is not the runtime's own. */
const USABLE = 0.9;

/** Bytes that a client sends for a train step, by what they are for. */
export interface SentBytes {
  /** All that is before a turn, at each turn, in JSON: five digits and a comma a token. */
  readonly sampling: number;
  /** Of each token its id in 4 bytes, the next one in 8, a logprob and an advantage in 4 each. */
  readonly gradient: number;
  /** Of each token its id in 4 bytes, the next one in 8, a weight in 4. */
  readonly scoring: number;
}

/** Counts what a client sends. */
export function sentBytes({ readAgain, passed }: StepTokens): SentBytes {
  return { sampling: 6 * readAgain, gradient: 20 * passed, scoring: 16 * passed };
}
