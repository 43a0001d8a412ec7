/**
 * The options of the rewards, and what the presets set apart from the defaults.
 *
 * @module
 */

import { choice, option, real, type Values } from "../config/option.ts";
import { optionValues } from "../config/option_values.ts";

/** What decides the rewards; the defaults are the preset `finestep.default`. */
export const REWARD_OPTIONS = {
  outcome: choice(
    "ex",
    ["ex", "ex_exec", "skyrl"],
    "ex: 1 if right; ex_exec: also 0.1 if it runs (Arctic); skyrl: -1 if the format was broken",
    "reconstructed",
  ),
  hardMode: choice(
    "binary",
    ["binary", "graded", "signed"],
    "hard constraint of a step with broken format, failing SQL, neither: 0, 0, 1; 0, 0.2, 1; or -1, 0, 1",
    "reconstructed",
  ),
  requireReasoning: option(
    false,
    "whether empty reasoning breaks the hard constraint, too",
    "ours",
  ),
  recall: choice(
    "cell",
    ["cell", "column", "tuple", "csmr"],
    "what of the gold result a step's result must hold: cells (QATCH), columns, rows, or SQL-ASTRA's CSMR",
    "reconstructed",
  ),
  recallGuard: choice(
    "none",
    ["none", "rowFactor", "cap"],
    "against broad SELECTs: rowFactor: 0 above 20 * max(gold rows, 5) rows; cap: 0.8 unless EX is 1",
    "ours",
  ),
  softWeight: option(
    0.5,
    "share of the recall in the process reward (0 = hard constraint only, as in the paper's AIME24 run)",
    "reconstructed",
    { range: [0, 1] },
  ),
  processCombine: choice(
    "gate",
    ["gate", "sum"],
    "gate: hard * ((1 - w) + w * recall); sum: (1 - w) * hard + w * recall; w is softWeight",
    "reconstructed",
  ),
  finalStepProcess: choice(
    "full",
    ["full", "hard"],
    "whether the answer step is scored as every step, or by its hard constraint only",
    "reconstructed",
  ),
  redundancyPenalty: real(
    0,
    "taken off the process reward of a call that repeats an earlier one, classes R1 to R3 (0 = off; 0.1)",
    "ours",
    { range: [0, 1] },
  ),
};

/** The values of {@link REWARD_OPTIONS}. */
export type RewardOptions = Values<typeof REWARD_OPTIONS>;

/** Changes by algorithm; every other algorithm is trained on the defaults. */
export const REWARD_PRESETS: Readonly<Record<string, Partial<RewardOptions>>> = {
  "finestep.guarded": { recallGuard: "rowFactor" },
  "finestep.aime24": { softWeight: 0 },
};

/**
 * The reward options that go with an algorithm: the defaults, changed by its preset and by `values`.
 *
 * @example The paper's AIME24 run has no soft reward
 * ```ts
 * import assert from "node:assert/strict";
 * import { rewardOptions } from "./options.ts";
 *
 * assert.equal(rewardOptions("finestep.aime24").softWeight, 0);
 * assert.equal(rewardOptions("grpo", { outcome: "ex_exec" }).outcome, "ex_exec");
 * ```
 *
 * @param values Options to change, by name.
 * @throws {RangeError} If an option's name is unknown or a value is not allowed.
 * @throws {TypeError} If a value is of another type than the option.
 */
export function rewardOptions(
  algorithm: string,
  values: Readonly<Record<string, unknown>> = {},
): RewardOptions {
  const preset = optionValues(REWARD_OPTIONS, REWARD_PRESETS[algorithm] ?? {}, "the rewards");
  return optionValues(REWARD_OPTIONS, values, "the rewards", preset);
}
