/**
 * Works on the examples of a benchmark, many at a time, and gives each attempt as soon as it is done.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { Example } from "../dataset/example.ts";
import { answerEpisode, type AnswerSetup } from "../env/answer_episode.ts";
import { runEpisode } from "../env/run_episode.ts";
import type { EpisodeSetup } from "../env/run_group.ts";
import type { Policy } from "../policies/policy.ts";
import type { Episode } from "../trajectory/episode.ts";

/** One attempt at an example to be made. */
export interface Trial {
  readonly example: Example;
  /** Of the policy's random choices; tells the attempts at one example apart. */
  readonly seed: number;
}

/** Answers an example once. */
export type Attempt = (trial: Trial) => Promise<Episode>;

/** An attempt and what came of it. */
export interface Attempted extends Trial {
  readonly episode: Episode;
}

/** How examples are worked on. */
export interface EvaluateOptions {
  /** Attempts at a time, 64 when not given; an embedded policy computes them as one batch. */
  readonly concurrency?: number;
  /** Once it is aborted nothing more is begun; what runs is finished and given, unless abandoned. */
  readonly signal?: AbortSignal;
  /** Whether what runs when the signal comes is neither waited for nor given. */
  readonly abandons?: boolean;
}

/**
 * Makes attempts side by side and yields them in the order in which they end: a slow one keeps none of
 * the others back.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Example } from "../dataset/example.ts";
 * import type { Episode } from "../trajectory/episode.ts";
 * import { evaluate, type Trial } from "./evaluate.ts";
 *
 * const trials = ["slow", "fast"].map((id) => ({ example: { id } as Example, seed: 0 }));
 * const { promise, resolve } = Promise.withResolvers<void>();
 * const order: string[] = [];
 * const attempt = async ({ example: { id } }: Trial) => {
 *   if (id === "slow") await promise;
 *   return { exampleId: id } as Episode;
 * };
 * for await (const { episode } of evaluate(trials, attempt)) {
 *   order.push(episode.exampleId);
 *   resolve();
 * }
 * assert.deepEqual(order, ["fast", "slow"]);
 * ```
 *
 * @throws What an attempt throws first; nothing more is begun then.
 */
export async function* evaluate(
  trials: readonly Trial[],
  attempt: Attempt,
  { concurrency = 64, signal, abandons = false }: EvaluateOptions = {},
): AsyncGenerator<Attempted> {
  const waiting = trials.values();
  const ended: (Attempted | { readonly error: unknown })[] = [];
  let news = Promise.withResolvers<void>();
  let isStopped = false;
  const runner = async () => {
    for (const trial of waiting) {
      if (isStopped || signal?.aborted) return;
      try {
        ended.push({ ...trial, episode: await attempt(trial) });
      } catch (error) {
        ended.push({ error });
      }
      news.resolve();
    }
  };
  const runners = Promise.all(Array.from({ length: Math.max(1, concurrency) }, runner));
  let isOver = false;
  const end = () => {
    isOver = true;
    news.resolve();
  };
  runners.then(end);
  if (abandons) signal?.addEventListener("abort", end);
  try {
    while (!isOver || ended.length > 0) {
      await news.promise;
      news = Promise.withResolvers();
      for (const one of ended.splice(0)) {
        if ("error" in one) throw one.error;
        yield one;
      }
      if (isOver) news.resolve();
    }
  } finally {
    isStopped = true;
    if (!(abandons && signal?.aborted)) await runners;
  }
}

/**
 * The attempts of an evaluation: all examples once, then all again, up to `samples` times. A seed
 * depends on the evaluation's, the example's id and how often it was attempted before, not on the
 * other examples, so a part of a benchmark gives the same episodes as the whole.
 */
export function trialsOf(
  examples: readonly Example[],
  { seed, samples = 1 }: { readonly seed: number; readonly samples?: number },
): Trial[] {
  return Array.from({ length: samples }, (_, sample) =>
    examples.map((example) => {
      const stream = sample === 0 ? [example.id] : [example.id, sample];
      return { example, seed: new Rng(seed, "evaluate", ...stream).bits() };
    })).flat();
}

/** Attempts by a policy. */
export function byPolicy(policy: Policy, setup: EpisodeSetup): Attempt {
  return ({ example, seed }) => runEpisode(example, policy, { ...setup, seed });
}

/**
 * Attempts that are known beforehand.
 *
 * @param sqlByExample Answers by example id; an example without one has no answer.
 */
export function byAnswers(
  sqlByExample: ReadonlyMap<string, string>,
  setup: AnswerSetup,
): Attempt {
  return ({ example }) => answerEpisode(example, sqlByExample.get(example.id) ?? null, setup);
}
