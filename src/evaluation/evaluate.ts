/**
 * Works on the examples of a benchmark, many at a time, and gives each as soon as it is done.
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

/** Answers one example. */
export type Attempt = (example: Example) => Promise<Episode>;

/** An example and what came of it. */
export interface Attempted {
  readonly example: Example;
  readonly episode: Episode;
}

/** How examples are worked on. */
export interface EvaluateOptions {
  /** Examples at a time, 64 when not given; an embedded policy computes them as one batch. */
  readonly concurrency?: number;
  /** Once it is aborted nothing more is begun; what runs is finished and given, unless abandoned. */
  readonly signal?: AbortSignal;
  /** Whether what runs when the signal comes is neither waited for nor given. */
  readonly abandons?: boolean;
}

/**
 * Attempts each example, side by side, and yields them in the order in which they end: a slow one
 * keeps none of the others back.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Example } from "../dataset/example.ts";
 * import type { Episode } from "../trajectory/episode.ts";
 * import { evaluate } from "./evaluate.ts";
 *
 * const examples = ["slow", "fast"].map((id) => ({ id }) as Example);
 * const { promise, resolve } = Promise.withResolvers<void>();
 * const order: string[] = [];
 * const attempt = async ({ id }: Example) => {
 *   if (id === "slow") await promise;
 *   return { exampleId: id } as Episode;
 * };
 * for await (const { episode } of evaluate(examples, attempt)) {
 *   order.push(episode.exampleId);
 *   resolve();
 * }
 * assert.deepEqual(order, ["fast", "slow"]);
 * ```
 *
 * @throws What an attempt throws first; nothing more is begun then.
 */
export async function* evaluate(
  examples: readonly Example[],
  attempt: Attempt,
  { concurrency = 64, signal, abandons = false }: EvaluateOptions = {},
): AsyncGenerator<Attempted> {
  const waiting = examples.values();
  const ended: (Attempted | { readonly error: unknown })[] = [];
  let news = Promise.withResolvers<void>();
  let isStopped = false;
  const runner = async () => {
    for (const example of waiting) {
      if (isStopped || signal?.aborted) return;
      try {
        ended.push({ example, episode: await attempt(example) });
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
 * Attempts by a policy. An example's episode depends on the seed and its id, not on the other
 * examples, so a part of a benchmark gives the same episodes as the whole.
 */
export function byPolicy(
  policy: Policy,
  { seed, ...setup }: EpisodeSetup & { readonly seed: number },
): Attempt {
  return (example) => {
    const ownSeed = new Rng(seed, "evaluate", example.id).bits();
    return runEpisode(example, policy, { ...setup, seed: ownSeed });
  };
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
  return (example) => answerEpisode(example, sqlByExample.get(example.id) ?? null, setup);
}
