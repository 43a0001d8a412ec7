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

/** Of a terminal that does not know its size, as those that programs make often do not. */
const USUAL_SIZE = { columns: 80, rows: 24 };

/** The cells of the terminal. */
export function terminalSize(): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = Deno.consoleSize();
  return { columns: columns || USUAL_SIZE.columns, rows: rows || USUAL_SIZE.rows };
}

/** Columns that standard output has room for; no bound where it is not a terminal. */
export function outputWidth(): number {
  return Deno.stdout.isTerminal() ? terminalSize().columns : Infinity;
}
