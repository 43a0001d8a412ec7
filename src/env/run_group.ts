/**
 * The G episodes of one example that are compared with each other.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { Policy } from "../policies/policy.ts";
import type { Episode } from "../trajectory/episode.ts";
import { type EpisodeOptions, runEpisode } from "./run_episode.ts";

/** What all episodes of a run share; options not given take their defaults. */
export type EpisodeSetup = Omit<EpisodeOptions, "seed">;

/**
 * Runs an episode for each seed, side by side.
 *
 * @param options.seeds One seed an episode, shape (G,).
 * @returns The episodes in the order of their seeds, shape (G,).
 */
export function runGroup(
  example: Example,
  policy: Policy,
  { seeds, ...options }: EpisodeSetup & { readonly seeds: readonly number[] },
): Promise<Episode[]> {
  return Promise.all(seeds.map((seed) => runEpisode(example, policy, { ...options, seed })));
}
