/**
 * The presets as a Markdown table, as docs/method.md shows them.
 *
 * @module
 */

import { PRESETS } from "../../src/algorithms/mod.ts";
import { REWARD_PRESETS } from "../../src/rewards/options.ts";

/** One row for each preset: what it changes of the algorithm's and of the rewards' defaults. */
export function presetTable(): string {
  const rows = Object.entries(PRESETS).map(([name, preset]) => {
    const changes = { ...preset, ...REWARD_PRESETS[name] };
    const cells = Object.entries(changes).map(([option, value]) => `\`${option}\` ${value}`);
    return `| \`${name}\` | ${cells.join(", ") || "none"} |`;
  });
  return ["| preset | changes |", "| --- | --- |", ...rows].join("\n");
}
