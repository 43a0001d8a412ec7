/**
 * What a client is told beside the observation: rewards by name, redundancy, credit. All of it follows
 * from the gold result, so it is for the trainer and never for the model.
 *
 * @module
 */

import { stepValues } from "../credit/assign.ts";
import type { CreditOptions } from "../credit/options.ts";
import { type RedundancyCategory, stepCategories } from "../evaluation/redundancy.ts";
import type { Step, StopReason, Violation } from "../trajectory/episode.ts";
import type { Rewards, ScoredEpisode } from "../trajectory/group.ts";
import type { GroupCredit } from "./groups.ts";

/** Of one step, in the form of the wire. */
export interface StepMetadata {
  /** Counted from 1. */
  readonly turn: number;
  /** Turns that the episode has left; 0 at its end. */
  readonly turns_left: number;
  readonly action: "tool_call" | "answer" | "violation";
  /** How the message breaks the format; null where it does not. */
  readonly violation: Violation | null;
  /** What the SQL gave: `rows` or the kind of failure; null where none ran. */
  readonly result: string | null;
  readonly step_rewards: {
    readonly process: number;
    readonly hard: number;
    readonly recall: number;
  };
  /** First class of docs/metrics.md that makes the call redundant, by what is known so far; null where none does. */
  readonly redundancy: RedundancyCategory | null;
  /** Only at the end. */
  readonly episode?: EpisodeMetadata;
}

/** Of a whole episode of S steps. */
export interface EpisodeMetadata {
  readonly stop_reason: StopReason;
  readonly outcome: number;
  readonly is_correct: boolean;
  /** Shapes (S,). */
  readonly step_rewards: {
    readonly process: readonly number[];
    readonly hard: readonly number[];
    readonly recall: readonly number[];
  };
  /** The steps' values before they are compared within a group (credit/assign.ts), shape (S,). */
  readonly step_values: readonly number[];
  /** Redundancy of each step, now that the answer is known, shape (S,). */
  readonly redundancy: readonly (RedundancyCategory | null)[];
  /** Only where the client named a group. */
  readonly group?: GroupMetadata;
}

/** Of a group. */
export interface GroupMetadata {
  readonly id: string;
  readonly size: number;
  readonly finished: number;
  /** By episode, in the order of their ends; null until all have ended. */
  readonly episodes:
    | readonly { readonly episode_id: string; readonly advantages: number[] }[]
    | null;
}

/** Where an episode stands. */
export interface Progress {
  readonly maxTurns: number;
  readonly isDone: boolean;
}

/** What is said of the last step of an episode so far. */
export function stepMetadata(
  { episode, rewards }: Pick<ScoredEpisode, "episode" | "rewards">,
  { maxTurns, isDone }: Progress,
): StepMetadata {
  const last = episode.steps.length - 1;
  const { action, result } = episode.steps[last];
  return {
    turn: last + 1,
    turns_left: isDone ? 0 : maxTurns - last - 1,
    action: ACTION_NAMES[action.kind],
    violation: action.kind === "violation" ? action.violation : null,
    result: result?.kind ?? null,
    step_rewards: {
      process: rewards.process[last],
      hard: rewards.hard[last],
      recall: rewards.recall[last],
    },
    redundancy: stepCategories(episode)[last],
  };
}

const ACTION_NAMES: Readonly<Record<Step["action"]["kind"], StepMetadata["action"]>> = {
  toolCall: "tool_call",
  answer: "answer",
  violation: "violation",
};

/** What is said of an episode at its end. */
export function episodeMetadata(
  { episode, rewards }: Pick<ScoredEpisode, "episode" | "rewards">,
  credit: CreditOptions,
): EpisodeMetadata {
  return {
    stop_reason: episode.stopReason,
    outcome: rewards.outcome,
    is_correct: rewards.isCorrect,
    step_rewards: rewardLists(rewards),
    step_values: [...stepValues(rewards, credit)],
    redundancy: stepCategories(episode),
  };
}

/** What is said of a group. */
export function groupMetadata({ id, size, finished, episodes }: GroupCredit): GroupMetadata {
  return {
    ...{ id, size, finished },
    episodes: episodes?.map(({ episodeId, advantages }) => ({
      episode_id: episodeId,
      advantages: [...advantages],
    })) ?? null,
  };
}

function rewardLists({ process, hard, recall }: Rewards): EpisodeMetadata["step_rewards"] {
  return { process: [...process], hard: [...hard], recall: [...recall] };
}
