/**
 * Scores an episode: one outcome, and one process reward for each step. It depends on that
 * step alone, but for the penalty of a repeated call.
 *
 * @module
 */

import { isSameResult } from "../sandbox/same_result.ts";
import type { Episode, Step } from "../trajectory/episode.ts";
import type { Rewards, ScoredEpisode } from "../trajectory/group.ts";
import { hardReward } from "./hard_constraint.ts";
import type { RewardOptions } from "./options.ts";
import { outcomeReward } from "./outcome.ts";
import { makeRecall, type Recall } from "./recall.ts";
import { repeats, stateKeys } from "./repeats.ts";

/**
 * Rewards of one episode of S steps. The process reward of a step is, with `w = softWeight`,
 * `hard * ((1 - w) + w * recall)` (or as `processCombine` has it), less `redundancyPenalty` if its
 * call repeats an earlier one.
 *
 * It is in [0, 1], but for `hardMode: "signed"` and a penalty, which can make it negative.
 *
 * @param recallOf That of the episode's gold result, from one who scores the episode as it grows.
 */
export function score(
  episode: Episode,
  options: RewardOptions,
  recallOf: Recall = makeRecall(episode.goldResult, options),
): Rewards {
  const { steps, finalResult, goldResult } = episode;
  const isRepeat = repeats(steps);
  const hard = Float64Array.from(steps, (step) => hardReward(step, options));
  const recall = Float64Array.from(steps, ({ result }) => recallOf(result));
  const process = Float64Array.from(steps, (step, s) => {
    const penalty = isRepeat[s] ? options.redundancyPenalty : 0;
    return processReward(step, hard[s], recall[s], options) - penalty;
  });
  const outcome = outcomeReward(episode, options.outcome);
  return { outcome, process, hard, recall, isCorrect: isSameResult(finalResult, goldResult) };
}

/** An episode with its rewards and what credit assignment needs of its steps. */
export function scored(
  episode: Episode,
  options: RewardOptions,
  recallOf?: Recall,
): ScoredEpisode {
  const rewards = score(episode, options, recallOf);
  return { episode, rewards, stateKeys: stateKeys(episode.steps) };
}

function processReward(
  { action }: Step,
  hard: number,
  recall: number,
  { softWeight, processCombine, finalStepProcess }: RewardOptions,
): number {
  if (action.kind === "answer" && finalStepProcess === "hard") return hard;
  return processCombine === "gate"
    ? hard * ((1 - softWeight) + softWeight * recall)
    : (1 - softWeight) * hard + softWeight * recall;
}
