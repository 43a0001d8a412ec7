/**
 * What one train step did, in numbers: the record that is printed and stored.
 *
 * @module
 */

import { redundancyOf } from "../evaluation/redundancy.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import type { UpdateReport } from "../engines/engine.ts";

/** Wall-clock time of the sampling parts of a train step, in ms. */
export interface RolloutTimes {
  readonly rolloutMs: number;
  /** Time in SQL, summed over episodes that run side by side; a part of `rolloutMs`. */
  readonly sqlMs: number;
  readonly scoringMs: number;
}

/** One train step. */
export interface StepReport {
  readonly trainStep: number;
  /** Every episode sampled in the step, also of groups that were not trained on. */
  readonly episodes: readonly ScoredEpisode[];
  /** `reward/outcome`, `env/redundant_tool_calls`, `loss/...`, `time/...` by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a report is made from. */
export interface StepOutcome {
  /** Groups trained on. */
  readonly kept: readonly (readonly ScoredEpisode[])[];
  /** Groups sampled; more than `kept` where dynamic sampling dropped some. */
  readonly sampled: readonly (readonly ScoredEpisode[])[];
  readonly times: RolloutTimes;
  /** Null when no group was kept, so that there was nothing to learn from. */
  readonly update: UpdateReport | null;
  readonly learningRate: number;
}

/** The report of one train step. */
export function stepReport(trainStep: number, outcome: StepOutcome): StepReport {
  const { kept, sampled, times, update } = outcome;
  const episodes = sampled.flat();
  return {
    trainStep,
    episodes,
    metrics: {
      ...episodeMetrics(episodes),
      "batch/kept_groups": kept.length,
      "batch/sampled_groups": sampled.length,
      "loss/learning_rate": outcome.learningRate,
      ...(update && updateMetrics(update)),
      "time/rollout_ms": times.rolloutMs,
      "time/sql_ms": times.sqlMs,
      "time/scoring_ms": times.scoringMs,
      "time/forward_ms": update?.forwardMs ?? 0,
      "time/backward_ms": update?.backwardMs ?? 0,
      "time/optimizer_ms": update?.optimizerMs ?? 0,
    },
  };
}

/** What the policy earned and did, over all episodes sampled in a step. */
function episodeMetrics(episodes: readonly ScoredEpisode[]): Record<string, number> {
  const calls = episodes.flatMap(({ episode }) => redundancyOf(episode).calls);
  const steps = episodes.flatMap(({ episode }) => episode.steps);
  return {
    "reward/outcome": mean(episodes.map(({ rewards }) => rewards.outcome)),
    "reward/process": mean(episodes.flatMap(({ rewards }) => [...rewards.process])),
    "env/ex": mean(episodes.map(({ rewards }) => Number(rewards.isCorrect))),
    "env/tool_calls": calls.length / Math.max(1, episodes.length),
    "env/redundant_tool_calls": mean(calls.map(({ category }) => Number(category !== null))),
    "env/format_violations": mean(steps.map(({ action }) => Number(action.kind === "violation"))),
    "env/tokens": sum(episodes.map(({ episode }) => episode.tokens?.ids.length ?? 0)),
    "env/sampled_tokens": sampledTokensOf(episodes),
  };
}

/** Tokens that the policy chose, so without prompts and observations. */
export function sampledTokensOf(episodes: readonly ScoredEpisode[]): number {
  return sum(episodes.map(({ episode }) => sum([...episode.tokens?.actionMask ?? []])));
}

function updateMetrics({ loss, gradientNorm, isApplied, metrics }: UpdateReport) {
  return {
    "loss/loss": loss,
    ...(!Number.isNaN(gradientNorm) && { "loss/gradient_norm": gradientNorm }),
    "loss/is_applied": Number(isApplied),
    ...metrics,
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** 0 of nothing. */
const mean = (values: readonly number[]) => sum(values) / Math.max(1, values.length);
