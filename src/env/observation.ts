/**
 * What the policy is shown of a result: a short table, or why there is none.
 *
 * @module
 */

import { cellText } from "../sandbox/cell_text.ts";
import type { SqlResult, SqlRows } from "../sandbox/result_set.ts";
import type { Template } from "./options.ts";

/** How much of a result is shown, and how it is written. */
export interface ObservationFormat {
  /** Rows shown. */
  readonly maxRows: number;
  /** Characters of a cell or column name. */
  readonly maxCellChars: number;
  /** Characters of the whole text. */
  readonly maxChars: number;
  /** Between two cells. */
  readonly separator: string;
  /** Before the message of a failure or a violation. */
  readonly errorLabel: string;
  /** The line below the table; empty for none. */
  readonly footer: (rowCount: string, shown: number, isWhole: boolean) => string;
}

/** The format of each template: that of the paper's neighbours, and one of few tokens. */
export const OBSERVATION_FORMATS: Readonly<Record<Template, ObservationFormat>> = {
  full: {
    maxRows: 10,
    maxCellChars: 100,
    maxChars: 2000,
    separator: " | ",
    errorLabel: "Error: ",
    footer: (rowCount, shown, isWhole) =>
      isWhole ? `(${rowCount})` : `(${rowCount}, showing ${shown})`,
  },
  compact: {
    maxRows: 5,
    maxCellChars: 40,
    maxChars: 200,
    separator: "|",
    errorLabel: "error: ",
    footer: (rowCount, shown, isWhole) => isWhole && shown > 0 ? "" : rowCount,
  },
};

/**
 * The text shown for a result.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { OBSERVATION_FORMATS, observationText } from "./observation.ts";
 *
 * const result = {
 *   kind: "rows",
 *   columns: ["city", "shops"],
 *   rows: [["Zurich", 2n], ["Bern", 1n]],
 *   truncated: false,
 *   elapsedMs: 1,
 * } as const;
 * assert.equal(
 *   observationText(result, OBSERVATION_FORMATS.full),
 *   "city | shops\nZurich | 2\nBern | 1\n(2 rows)",
 * );
 * assert.equal(
 *   observationText(result, OBSERVATION_FORMATS.compact),
 *   "city|shops\nZurich|2\nBern|1",
 * );
 * ```
 *
 * @returns At most `format.maxChars` characters, the same for the same rows.
 */
export function observationText(result: SqlResult, format: ObservationFormat): string {
  return result.kind === "rows" ? tableText(result, format) : errorText(result.message, format);
}

/** The text shown for a message that breaks the format. */
export function errorText(message: string, format: ObservationFormat): string {
  return cut(format.errorLabel + message, format.maxChars);
}

function tableText({ columns, rows, truncated }: SqlRows, format: ObservationFormat): string {
  const rowCount = `${truncated ? "more than " : ""}${rows.length} ${
    rows.length === 1 ? "row" : "rows"
  }`;
  const line = (cells: readonly string[]) =>
    cells.map((cell) => cut(oneLine(cell), format.maxCellChars)).join(format.separator);
  const lines = [
    line(columns),
    ...rows.slice(0, format.maxRows).map((row) => line(row.map(cellText))),
  ];
  const footerRoom = 1 + format.footer(rowCount, rows.length, false).length;
  const shown = fitting(lines, format.maxChars - footerRoom);
  const shownRows = shown.length - 1;
  const footer = format.footer(rowCount, shownRows, !truncated && shownRows === rows.length);
  return [...shown, ...footer === "" ? [] : [footer]].join("\n");
}

// A line cut to less says nothing.
const MIN_LINE = 8;

/** The first lines that have room, the last of them cut where the room ends. */
function fitting(lines: readonly string[], maxChars: number): string[] {
  const result: string[] = [];
  let room = maxChars;
  for (const line of lines) {
    if (result.length > 0 && room < MIN_LINE) break;
    result.push(cut(line, room));
    room -= line.length + 1;
  }
  return result;
}

// Each run of blanks is looked at once: a pattern for those with a break in them would begin anew at each
// blank of a run without one, which takes hours for a cell of a few MiB.
const oneLine = (text: string) =>
  text.replace(/\s+/g, (blanks) => /[\r\n]/.test(blanks) ? " " : blanks);

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  // Cutting between the halves of a character outside the BMP would leave half of it.
  return text.slice(0, maxChars - 3).replace(/[\uD800-\uDBFF]$/, "") + "...";
}
