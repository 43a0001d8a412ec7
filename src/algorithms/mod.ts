/**
 * The algorithms by name. Each is a row of differences from one set of options, so that any two
 * can be compared field by field.
 *
 * @module
 */

import { defaults } from "../config/option.ts";
import { optionValues } from "../config/option_values.ts";
import type { Algorithm } from "./algorithm.ts";
import { DAPO } from "./dapo.ts";
import { FINESTEP, FINESTEP_AIME24, FINESTEP_GUARDED, FINESTEP_OUTCOME_ONLY } from "./finestep.ts";
import { DR_GRPO, GRPO, RLOO } from "./grpo.ts";
import { GSPO } from "./gspo.ts";
import { ALGORITHM_OPTIONS } from "./options.ts";
import { policyGradient, type Preset } from "./policy_gradient.ts";
import { SFT } from "./sft.ts";
import { GIGPO, MATCHTIR } from "./two_level.ts";

/** Policy-gradient algorithms by name: what each sets apart from the defaults. */
export const PRESETS = {
  "finestep.default": FINESTEP,
  "finestep.guarded": FINESTEP_GUARDED,
  "finestep.aime24": FINESTEP_AIME24,
  "finestep.outcomeOnly": FINESTEP_OUTCOME_ONLY,
  grpo: GRPO,
  dapo: DAPO,
  gspo: GSPO,
  gigpo: GIGPO,
  matchtir: MATCHTIR,
  dr_grpo: DR_GRPO,
  rloo: RLOO,
} satisfies Record<string, Preset>;

/** Every name that {@link makeAlgorithm} knows. `finestep` is short for `finestep.default`. */
export const ALGORITHM_NAMES: readonly string[] = ["finestep", ...Object.keys(PRESETS), "sft"];

/** Those that give credit to episodes; supervised learning has none to give. */
export const CREDIT_ALGORITHMS: readonly string[] = ALGORITHM_NAMES.filter((name) =>
  name !== "sft"
);

/**
 * Makes an algorithm: the defaults, changed by the preset of that name, changed by `values`.
 *
 * @example GRPO with DAPO's upper bound
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeAlgorithm } from "./mod.ts";
 *
 * const algorithm = makeAlgorithm("grpo", { clipHigh: 0.28 });
 * assert.equal(algorithm.options.clipHigh, 0.28);
 * assert.equal(algorithm.options.lambda, 1);
 * ```
 *
 * @param name One of {@link ALGORITHM_NAMES}.
 * @param values Options to change, by name; `sft` has none.
 * @throws {RangeError} If the name or an option's name is unknown, or a value is not allowed.
 * @throws {TypeError} If a value is of another type than the option.
 */
export function makeAlgorithm(
  name: string,
  values: Readonly<Record<string, unknown>> = {},
): Algorithm {
  if (name === "sft") {
    optionValues({}, values, name);
    return SFT;
  }
  const fullName = name === "finestep" ? "finestep.default" : name;
  if (!isPreset(fullName)) {
    throw new RangeError(
      `Cannot make algorithm "${name}" as it is unknown: those known are ${
        ALGORITHM_NAMES.join(", ")
      }`,
    );
  }
  const preset = { ...defaults(ALGORITHM_OPTIONS), ...PRESETS[fullName] };
  return policyGradient(fullName, optionValues(ALGORITHM_OPTIONS, values, fullName, preset));
}

function isPreset(name: string): name is keyof typeof PRESETS {
  return Object.hasOwn(PRESETS, name);
}
