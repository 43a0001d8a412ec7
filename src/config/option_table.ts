/**
 * Declared options as a Markdown table, for the documents.
 *
 * @module
 */

import type { Option, Options } from "./option.ts";

/**
 * One row for each option: name, default, what is allowed, what it does, who chose the default.
 *
 * @example One option
 * ```ts
 * import assert from "node:assert/strict";
 * import { option } from "./option.ts";
 * import { optionTable } from "./option_table.ts";
 *
 * const gamma = option(0.9, "discount per step", "ours", { range: [0, 1] });
 * assert.equal(
 *   optionTable({ gamma }).split("\n").at(-1),
 *   "| `gamma` | `0.9` | 0 to 1 | discount per step | ours |",
 * );
 * ```
 *
 * @returns Lines joined by newlines, without one at the end.
 */
export function optionTable(options: Options): string {
  return [
    "| option | default | values | what it does | origin |",
    "| --- | --- | --- | --- | --- |",
    ...Object.entries(options).map(([name, option]) => row(name, option)),
  ].join("\n");
}

function row(name: string, option: Option<unknown>): string {
  const cells = [
    `\`${name}\``,
    `\`${option.default}\``,
    allowed(option),
    option.help,
    option.origin,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function allowed({ default: standard, choices, range }: Option<unknown>): string {
  if (choices) return choices.map((value) => `\`${value}\``).join(", ");
  if (range) return range[1] === Infinity ? `${range[0]} or more` : `${range[0]} to ${range[1]}`;
  return typeof standard === "boolean" ? "`true`, `false`" : `any ${typeof standard}`;
}
