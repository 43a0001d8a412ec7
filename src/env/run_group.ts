/**
 * The G episodes of one example that are compared with each other.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { Policy } from "../policies/policy.ts";
import type { SqlPool } from "../sandbox/pool.ts";
import type { Episode } from "../trajectory/episode.ts";
import type { GoldResults } from "./gold_results.ts";
import type { EnvOptions } from "./options.ts";
import { runEpisode } from "./run_episode.ts";

/** What all episodes of a run share; options not given take their defaults. */
export interface EpisodeSetup extends Partial<EnvOptions> {
  readonly pool: Pick<SqlPool, "execute">;
  readonly goldResults: GoldResults;
}

/**
 * Runs an episode for each seed, side by side; the gold SQL is run once for all.
 *
 * @param options.seeds One seed an episode, shape (G,).
 * @returns The episodes in the order of their seeds, shape (G,).
 */
export function runGroup(
  example: Example,
  policy: Policy,
  { goldResults, seeds, ...options }: EpisodeSetup & { readonly seeds: readonly number[] },
): Promise<Episode[]> {
  const goldResult = goldResults.get(example);
  return Promise.all(
    seeds.map((seed) => runEpisode(example, policy, { ...options, goldResult, seed })),
  );
}
