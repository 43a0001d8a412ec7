/**
 * Collects the scored groups of one train step, sampling more where an algorithm drops groups.
 *
 * @module
 */

import type { Algorithm } from "../algorithms/algorithm.ts";
import type { ExampleCursor } from "../dataset/batches.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";

/** The groups of one train step. */
export interface Collected {
  /** Groups to train on, at most `groupsPerStep`. */
  readonly kept: readonly (readonly ScoredEpisode[])[];
  /** Every group sampled. */
  readonly sampled: readonly (readonly ScoredEpisode[])[];
}

/**
 * Samples batches of examples until `groupsPerStep` groups are kept. An algorithm that does not
 * resample takes one batch; one that does (DAPO) takes up to `maxSampleBatches`, after which the
 * step is trained on what there is.
 *
 * @param rollout Runs and scores the groups of some examples, given by index.
 */
export async function collect(
  cursor: ExampleCursor,
  rollout: (examples: readonly number[]) => Promise<readonly (readonly ScoredEpisode[])[]>,
  algorithm: Pick<Algorithm, "keeps" | "resamples">,
  options: { readonly groupsPerStep: number; readonly maxSampleBatches: number },
): Promise<Collected> {
  const sampled: (readonly ScoredEpisode[])[] = [];
  const kept: (readonly ScoredEpisode[])[] = [];
  const batchLimit = algorithm.resamples ? options.maxSampleBatches : 1;
  for (let batch = 0; batch < batchLimit && kept.length < options.groupsPerStep; batch++) {
    const groups = await rollout(cursor.next(options.groupsPerStep));
    sampled.push(...groups);
    kept.push(...groups.filter((group) => algorithm.keeps(group)));
  }
  return { kept: kept.slice(0, options.groupsPerStep), sampled };
}
