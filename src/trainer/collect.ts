/**
 * Collects the scored groups of one train step, sampling more where an algorithm drops groups.
 *
 * @module
 */

import type { Algorithm } from "../algorithms/algorithm.ts";
import { Rng } from "../config/rng.ts";
import type { ExampleCursor } from "../dataset/batches.ts";
import type { Example } from "../dataset/example.ts";
import { type EpisodeSetup, runGroup } from "../env/run_group.ts";
import type { Policy } from "../policies/policy.ts";
import type { RewardOptions } from "../rewards/options.ts";
import { scored } from "../rewards/score.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import type { TrainOptions } from "./options.ts";
import type { RolloutTimes } from "./step_report.ts";

/** What rollouts are made of. */
export interface CollectSetup {
  readonly algorithm: Algorithm;
  readonly examples: readonly Example[];
  readonly env: EpisodeSetup;
  readonly rewardOptions: RewardOptions;
  readonly options: TrainOptions;
}

/** The groups of one train step. */
export interface Collected {
  /** Groups to train on, at most `groupsPerStep`. */
  readonly kept: readonly (readonly ScoredEpisode[])[];
  /** Every group sampled. */
  readonly sampled: readonly (readonly ScoredEpisode[])[];
  readonly times: RolloutTimes;
}

/**
 * Samples batches of examples until `groupsPerStep` groups are kept. An algorithm that does not
 * resample takes one batch; one that does (DAPO) takes up to `maxSampleBatches`, after which the
 * step is trained on what there is.
 */
export async function collect(
  cursor: ExampleCursor,
  policy: Policy,
  setup: CollectSetup,
): Promise<Collected> {
  const { algorithm, options } = setup;
  const sampled: (readonly ScoredEpisode[])[] = [];
  const kept: (readonly ScoredEpisode[])[] = [];
  const times = { rolloutMs: 0, sqlMs: 0, scoringMs: 0 };
  const batchLimit = algorithm.resamples ? options.maxSampleBatches : 1;
  for (let batch = 0; batch < batchLimit && kept.length < options.groupsPerStep; batch++) {
    const position = cursor.position;
    const groups = await rollout(
      cursor.next(options.groupsPerStep),
      position,
      policy,
      setup,
      times,
    );
    sampled.push(...groups);
    kept.push(...groups.filter((group) => algorithm.keeps(group)));
  }
  return { kept: kept.slice(0, options.groupsPerStep), sampled, times };
}

/** Runs and scores a group for each example, all side by side; adds to `times`. */
async function rollout(
  indices: readonly number[],
  position: number,
  policy: Policy,
  { examples, env, rewardOptions, options }: CollectSetup,
  times: { rolloutMs: number; sqlMs: number; scoringMs: number },
): Promise<ScoredEpisode[][]> {
  const startMs = performance.now();
  const groups = await Promise.all(indices.map((index, n) => {
    const seeds = episodeSeeds(options, position + n);
    return runGroup(examples[index], policy, { ...env, seeds });
  }));
  const rolledOutMs = performance.now();
  const result = groups.map((group) => group.map((episode) => scored(episode, rewardOptions)));
  times.rolloutMs += rolledOutMs - startMs;
  times.scoringMs += performance.now() - rolledOutMs;
  for (const { timings } of groups.flat()) times.sqlMs += timings.sqlMs;
  return result;
}

/** A seed for each trajectory of the group drawn at `position`; the same in a resumed run. */
function episodeSeeds({ seed, groupSize }: TrainOptions, position: number): number[] {
  return Array.from(
    { length: groupSize },
    (_, g) => new Rng(seed, "episode", position, g).bits(),
  );
}
