/**
 * What standard output can show.
 *
 * @module
 */

import type { Style } from "../reports/style.ts";

/** Lines and colors on a terminal (no colors with NO_COLOR), plain ASCII elsewhere. */
export function outputStyle(): Style {
  const isTerminal = Deno.stdout.isTerminal();
  return { unicode: isTerminal, color: isTerminal && !Deno.noColor };
}

/** Columns that standard output has room for; no bound where it is not a terminal. */
export function outputWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}
