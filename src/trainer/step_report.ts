/**
 * What one train step did, in numbers: the record that is printed and stored.
 *
 * @module
 */

import { redundancyOf } from "../evaluation/redundancy.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import type { UpdateReport } from "../engines/engine.ts";

/** Wall-clock time of the parts of a train step, in ms. SQL runs inside the rollout. */
export interface StepTimes {
  readonly rolloutMs: number;
  /** Time in SQL, summed over episodes that run side by side; a part of `rolloutMs`. */
  readonly sqlMs: number;
  readonly scoringMs: number;
  readonly forwardMs: number;
  readonly backwardMs: number;
  readonly optimizerMs: number;
}

/** One train step. */
export interface StepReport {
  readonly trainStep: number;
  /** Every episode sampled in the step, also of groups that were not trained on. */
  readonly episodes: readonly ScoredEpisode[];
  /** `reward/outcome`, `env/redundant_tool_calls`, `loss/...`, `time/...` by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Metrics of one train step.
 *
 * @param keptGroups Groups trained on; with `sampledGroups` it shows what dynamic sampling dropped.
 * @param update Null when no group was kept, so that there was nothing to learn from.
 */
export function stepMetrics(
  episodes: readonly ScoredEpisode[],
  counts: { readonly keptGroups: number; readonly sampledGroups: number },
  update: UpdateReport | null,
  learningRate: number,
  times: StepTimes,
): Record<string, number> {
  const redundancy = episodes.map(({ episode }) => redundancyOf(episode));
  const calls = redundancy.reduce((sum, { calls }) => sum + calls.length, 0);
  const redundant = redundancy.reduce(
    (sum, { calls }) => sum + calls.filter(({ category }) => category !== null).length,
    0,
  );
  const steps = episodes.flatMap(({ episode }) => episode.steps);
  const tokens = episodes.map(({ episode }) => episode.tokens?.ids.length ?? 0);
  return {
    "reward/outcome": mean(episodes.map(({ rewards }) => rewards.outcome)),
    "reward/process": mean(episodes.map(({ rewards }) => mean([...rewards.process]))),
    "env/ex": mean(episodes.map(({ rewards }) => Number(rewards.isCorrect))),
    "env/tool_calls": calls / Math.max(1, episodes.length),
    "env/redundant_tool_calls": calls === 0 ? 0 : redundant / calls,
    "env/format_violations": mean(steps.map(({ action }) => Number(action.kind === "violation"))),
    "env/tokens": tokens.reduce((sum, count) => sum + count, 0),
    "batch/kept_groups": counts.keptGroups,
    "batch/sampled_groups": counts.sampledGroups,
    "loss/learning_rate": learningRate,
    ...(update && { "loss/loss": update.loss, "loss/gradient_norm": update.gradientNorm }),
    ...(update && { "loss/is_applied": Number(update.isApplied) }),
    ...update?.metrics,
    "time/rollout_ms": times.rolloutMs,
    "time/sql_ms": times.sqlMs,
    "time/scoring_ms": times.scoringMs,
    "time/forward_ms": times.forwardMs,
    "time/backward_ms": times.backwardMs,
    "time/optimizer_ms": times.optimizerMs,
  };
}
