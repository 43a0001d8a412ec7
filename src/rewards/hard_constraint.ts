/**
 * The hard constraint: whether a step kept to the rules, whatever it found out.
 *
 * @module
 */

import type { Step } from "../trajectory/episode.ts";
import type { RewardOptions } from "./options.ts";

/** Rewards of a broken format, of SQL that gave no rows, and of a step without fault. */
const REWARDS: Record<RewardOptions["hardMode"], { format: number; sql: number; none: number }> = {
  binary: { format: 0, sql: 0, none: 1 },
  graded: { format: 0, sql: 0.2, none: 1 },
  signed: { format: -1, sql: 0, none: 1 },
};

/**
 * Reward of a step by its fault: its message is no single well-formed action, or its SQL is not a
 * read-only statement that runs within its limits, or there is none.
 *
 * @returns In [0, 1]; with `hardMode: "signed"` in [-1, 1].
 */
export function hardReward(
  step: Step,
  options: Pick<RewardOptions, "hardMode" | "requireReasoning">,
): number {
  return REWARDS[options.hardMode][faultOf(step, options.requireReasoning)];
}

function faultOf({ action, result }: Step, requireReasoning: boolean): "format" | "sql" | "none" {
  if (action.kind === "violation") return "format";
  if (requireReasoning && action.reasoning.trim() === "") return "format";
  return result?.kind === "rows" ? "none" : "sql";
}
