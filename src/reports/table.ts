/**
 * Tables for terminals and plain text.
 *
 * @module
 */

import Table from "cli-table3";
import { colored, type Style } from "./style.ts";

/** One column. */
export interface TableColumn {
  readonly heading: string;
  readonly align?: "left" | "right";
}

const ASCII_LINES = {
  "top": "-",
  "top-mid": "+",
  "top-left": "+",
  "top-right": "+",
  "bottom": "-",
  "bottom-mid": "+",
  "bottom-left": "+",
  "bottom-right": "+",
  "left": "|",
  "left-mid": "+",
  "mid": "-",
  "mid-mid": "+",
  "right": "|",
  "right-mid": "+",
  "middle": "|",
};

/** Lines between rows carry nothing here. */
const NO_ROW_LINES = { "mid": "", "left-mid": "", "mid-mid": "", "right-mid": "" };

/**
 * A table with one heading row.
 *
 * @example Plain text
 * ```ts
 * import assert from "node:assert/strict";
 * import { PLAIN } from "./style.ts";
 * import { table } from "./table.ts";
 *
 * const columns = [{ heading: "run" }, { heading: "EX", align: "right" }] as const;
 * assert.equal(
 *   table(columns, [["a", "61.4"]], PLAIN),
 *   [
 *     "+-----+------+",
 *     "| run |   EX |",
 *     "| a   | 61.4 |",
 *     "+-----+------+",
 *   ].join("\n"),
 * );
 * ```
 *
 * @param rows Cells by row; a row has as many as there are columns.
 */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  if (style.markdown) return markdownTable(columns, rows);
  const lines = new Table({
    head: columns.map(({ heading }) => colored(heading, "bold", style)),
    colAligns: columns.map(({ align = "left" }) => align),
    chars: { ...(style.unicode ? {} : ASCII_LINES), ...NO_ROW_LINES },
    // The package's own colors know neither NO_COLOR nor whether this is a terminal.
    style: { head: [], border: [] },
  });
  lines.push(...rows.map((row) => [...row]));
  return lines.toString();
}

function markdownTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ align }) => align === "right" ? "---:" : "---")),
    ...rows.map((row) => line(row.map((cell) => cell.replace(/[|\\]/g, "\\$&")))),
  ].join("\n");
}
