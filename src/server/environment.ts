/**
 * What is served: questions by split, the task that they are of, and how episodes are run, rewarded and
 * credited. It is the same for all clients and does not change.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { CreditOptions } from "../credit/options.ts";
import type { Example } from "../dataset/example.ts";
import type { EpisodeSettings } from "../env/options.ts";
import type { Task } from "../env/task.ts";
import type { RewardOptions } from "../rewards/options.ts";
import { Refusal } from "./refusal.ts";
import type { Keeper } from "./trajectory_file.ts";

/** What each episode of a server has in common. */
export interface ServerEnvironment {
  /** As protocols name it, such as `finestep_bird`. */
  readonly name: string;
  readonly task: Task;
  /** Questions by split, in the order of their files; the first split is the default. */
  readonly splits: ReadonlyMap<string, readonly Example[]>;
  readonly episode: EpisodeSettings;
  readonly rewards: RewardOptions;
  readonly credit: CreditOptions;
  /** What the one number of a step is; see {@linkcode SERVE_OPTIONS}. */
  readonly scalarReward: "outcome" | "process";
  /** Where episodes are kept; null for nowhere. */
  readonly keeper: Keeper | null;
}

/** Episodes of one question that are compared with each other. */
export interface GroupKey {
  /** Chosen by the client, the same for all episodes of the group. */
  readonly id: string;
  /** Episodes that complete it (G). */
  readonly size: number;
}

/** What a client may say of the episode that it begins. */
export interface EpisodeChoice {
  /** The first split where there is none. */
  readonly split?: string;
  /** The question by its id, … */
  readonly exampleId?: string;
  /** … or by its place in the split, from 0; else the seed draws one, or the group's id does. */
  readonly index?: number;
  /** Recorded with the episode. Random where there is none. */
  readonly seed?: number;
  readonly group?: GroupKey;
  /** Names the episode in its group; an id that cannot be guessed where there is none. */
  readonly episodeId?: string;
  /** Whether the prompt tells of tools in its text, or leaves that to the client; `text` by default. */
  readonly prompt?: "text" | "tools";
}

/** The question of an episode. */
export interface ChosenQuestion {
  readonly split: string;
  readonly example: Example;
  readonly seed: number;
}

/**
 * The question that a client asks for.
 *
 * @throws {Refusal} If there is no such split or question.
 */
export function chosenQuestion(
  environment: ServerEnvironment,
  { split = defaultSplit(environment), exampleId, index, seed, group }: EpisodeChoice,
): ChosenQuestion {
  const examples = examplesOf(environment, split);
  const drawn = seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  const rng = group === undefined ? new Rng(drawn, "question") : new Rng(0, "group", group.id);
  const place = exampleId === undefined
    ? index ?? rng.below(examples.length)
    : examples.findIndex(({ id }) => id === exampleId);
  const example = examples[place];
  if (example !== undefined) return { split, example, seed: drawn };
  throw new Refusal(
    404,
    `Cannot begin an episode as split "${split}" has ${examples.length} questions: none is ` +
      (exampleId === undefined ? `at ${index}` : `"${exampleId}"`),
  );
}

/** The split of an episode for which none is named. */
export function defaultSplit({ splits }: ServerEnvironment): string {
  return splits.keys().next().value!;
}

/**
 * The questions of a split.
 *
 * @throws {Refusal} If there is no such split, with those there are.
 */
export function examplesOf({ splits }: ServerEnvironment, split: string): readonly Example[] {
  const examples = splits.get(split);
  if (examples !== undefined) return examples;
  throw new Refusal(
    404,
    `Unknown split "${split}": those served are ${[...splits.keys()].join(", ")}`,
  );
}
