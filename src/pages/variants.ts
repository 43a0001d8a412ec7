/**
 * Names that tell the systems of a report apart.
 *
 * @module
 */

import { firstDifference } from "../store/identity.ts";

/** What a policy came from. */
export interface Named {
  readonly name: string;
  /** All that it depends on, but for the seed; a JSON value. Null where that is not known. */
  readonly settings: unknown;
}

/**
 * Names for systems, in their order. One whose name an earlier one of other settings has gets the first
 * difference after it.
 *
 * @example A learning rate that is not in the name
 * ```ts
 * import assert from "node:assert/strict";
 * import { distinctNames } from "./variants.ts";
 *
 * const system = (rate: number) => ({ name: "grpo", settings: { rate } });
 * assert.deepEqual(distinctNames([system(0.1), system(0.2), system(0.1)]), [
 *   "grpo", "grpo (rate: 0.1, then 0.2)", "grpo",
 * ]);
 * ```
 */
export function distinctNames(systems: readonly Named[]): string[] {
  return systems.map(({ name, settings }) => {
    const first = systems.find((other) => other.name === name && other.settings !== null);
    const difference = settings === null ? null : firstDifference(first?.settings, settings);
    return difference === null ? name : `${name} (${difference})`;
  });
}
