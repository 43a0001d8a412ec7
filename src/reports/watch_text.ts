/**
 * Text cut to the cells of a terminal, whatever a model or a database has put into it.
 *
 * @module
 */

import type { Style } from "./style.ts";

const SEGMENTER = new Intl.Segmenter();

// Unicode's wide East Asian blocks and emoji, which terminals show in two cells (UAX #11).
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Cells that a text of one line takes. */
export function cellWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return Array.from(SEGMENTER.segment(text), ({ segment }) => widthOf(segment))
    .reduce((sum, width) => sum + width, 0);
}

function widthOf(character: string): number {
  if (/^\p{M}+$/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/**
 * The text in one line: what would move the cursor or color the rest of the screen becomes a blank.
 */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, " ").trim();
}

/**
 * The beginning of a text that fits, with a sign where something was cut off.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { PLAIN } from "./style.ts";
 * import { cut } from "./watch_text.ts";
 *
 * assert.equal(cut("SELECT 1", 8, PLAIN), "SELECT 1");
 * assert.equal(cut("SELECT 12", 8, PLAIN), "SELEC...");
 * assert.equal(cut("東京都", 5, { ...PLAIN, unicode: true }), "東京…");
 * ```
 *
 * @param width Cells.
 */
export function cut(text: string, width: number, style: Style): string {
  if (cellWidth(text) <= width) return text;
  const mark = style.unicode ? "…" : "...";
  if (width < mark.length) return mark.slice(0, Math.max(0, width));
  let [kept, cells] = ["", mark.length];
  for (const { segment } of SEGMENTER.segment(text)) {
    cells += widthOf(segment);
    if (cells > width) break;
    kept += segment;
  }
  return kept + mark;
}

/** The text in exactly `width` cells. */
export function filled(text: string, width: number, style: Style): string {
  const shown = cut(text, width, style);
  return shown + " ".repeat(width - cellWidth(shown));
}
