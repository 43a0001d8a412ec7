/**
 * An evaluation as a part of a command: with progress, and its episodes and metrics stored.
 *
 * @module
 */

import { Progress } from "./progress.ts";
import type { Example } from "../dataset/example.ts";
import { evaluate, type EvaluateOptions } from "../evaluation/evaluate.ts";
import { isCorrect } from "../evaluation/execution_accuracy.ts";
import { redundancyOf } from "../evaluation/redundancy.ts";
import { type EvaluationSummary, summarize } from "../evaluation/summary.ts";
import type { Policy } from "../policies/policy.ts";
import type { EpisodeRecord, Phase, RunStore } from "../store/run_store.ts";
import type { Episode } from "../trajectory/episode.ts";

/** Episodes of an evaluation with what they measured. */
export interface Evaluation {
  readonly episodes: readonly Episode[];
  readonly summary: EvaluationSummary;
}

/** Where an evaluation is stored. */
export interface Destination {
  readonly store: RunStore;
  readonly runId: number;
  readonly phase: Phase;
}

/** Episodes stored in one transaction. */
const STORE_EVERY = 64;

/**
 * Evaluates a policy on examples and stores episodes as they come, metrics at the end.
 *
 * @param label Names the work in the progress line.
 */
export async function evaluationPhase(
  label: string,
  examples: readonly Example[],
  policy: Policy,
  options: EvaluateOptions,
  { store, runId, phase }: Destination,
): Promise<Evaluation> {
  using progress = new Progress({ label, total: examples.length });
  const episodes: Episode[] = [];
  let right = 0;
  let stored = 0;
  const storeNew = () => {
    store.addEpisodes(runId, episodes.slice(stored).map((episode) => record(episode, phase)));
    stored = episodes.length;
  };
  for await (const episode of evaluate(examples, policy, options)) {
    episodes.push(episode);
    right += Number(isCorrect(episode.finalResult, episode.goldResult));
    progress.advance(1, `EX ${(100 * right / episodes.length).toFixed(1)}`);
    if (episodes.length - stored === STORE_EVERY) storeNew();
  }
  storeNew();
  const summary = summarize(episodes, examples, { seed: options.seed });
  store.addMetrics(
    runId,
    Object.entries(summary.measures).map(([name, measure]) => ({ phase, name, ...measure })),
  );
  return { episodes, summary };
}

/** An evaluated episode as it is stored. */
function record(episode: Episode, phase: Phase): EpisodeRecord {
  const correct = isCorrect(episode.finalResult, episode.goldResult);
  return {
    phase,
    trainStep: null,
    outcome: Number(correct),
    isCorrect: correct,
    redundantCalls: redundantCalls(episode),
    episode,
  };
}

/** Redundant tool calls of an episode. */
export function redundantCalls(episode: Episode): number {
  return redundancyOf(episode).calls.filter(({ category }) => category !== null).length;
}
