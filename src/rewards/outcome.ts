/**
 * The outcome: what the final answer is worth.
 *
 * @module
 */

import { isSameResult } from "../sandbox/same_result.ts";
import type { Episode } from "../trajectory/episode.ts";
import type { RewardOptions } from "./options.ts";

/** Reward of an answer that runs but is wrong (Arctic-Text2SQL-R1, Agentar-Scale-SQL). */
const EXECUTABLE_REWARD = 0.1;

/**
 * Outcome reward: 1 for a right answer in every form. Else `ex` gives 0; `ex_exec` gives 0.1 if the
 * answer runs; `skyrl` gives -1 if there is no answer or any message broke the format.
 *
 * Right is as by EX ({@linkcode isSameResult}); no answer is wrong.
 */
export function outcomeReward(episode: Episode, form: RewardOptions["outcome"]): number {
  if (isSameResult(episode.finalResult, episode.goldResult)) return 1;
  switch (form) {
    case "ex":
      return 0;
    case "ex_exec":
      return episode.finalResult?.kind === "rows" ? EXECUTABLE_REWARD : 0;
    case "skyrl":
      return keepsFormat(episode) ? 0 : -1;
  }
}

function keepsFormat({ finalSql, steps }: Episode): boolean {
  return finalSql !== null && steps.every(({ action }) => action.kind !== "violation");
}
