/**
 * Lets a policy work on the examples of a benchmark, many at a time.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { Example } from "../dataset/example.ts";
import { inOrder } from "../env/in_order.ts";
import { type EpisodeSetup, runGroup } from "../env/run_group.ts";
import type { Policy } from "../policies/policy.ts";
import type { Episode } from "../trajectory/episode.ts";

/** How an evaluation is run. */
export interface EvaluateOptions extends EpisodeSetup {
  /** Seed of the evaluation; each example has a seed of its own from it. */
  readonly seed: number;
  /** Episodes at a time, 64 when not given; an embedded policy computes them as one batch. */
  readonly concurrency?: number;
}

/**
 * Runs one episode for each example, side by side, and yields them in the order of the examples.
 *
 * An example's episode depends on the seed and its id, not on the other examples, so a part of a
 * benchmark gives the same episodes as the whole.
 */
export function evaluate(
  examples: readonly Example[],
  policy: Policy,
  { seed, concurrency = 64, ...setup }: EvaluateOptions,
): AsyncGenerator<Episode> {
  return inOrder(examples, concurrency, async (example) => {
    const seeds = [new Rng(seed, "evaluate", example.id).bits()];
    const [episode] = await runGroup(example, policy, { ...setup, seeds });
    return episode;
  });
}
