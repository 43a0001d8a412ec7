/**
 * HTML of tables and figures, the same in all sections.
 *
 * @module
 */

import { escapeHtml } from "./section.ts";

/** HTML as it is: what it is made of was escaped. */
export interface Html {
  readonly html: string;
}

/** Text, which is escaped, or HTML. */
export type Cell = string | Html;

/** One column of a table. */
export interface Column {
  readonly heading: string;
  /** Whether it holds numbers, which stand at the right. */
  readonly isNumber?: boolean;
  /** What the heading means, shown on hovering. */
  readonly hint?: string;
}

/** HTML that needs no escaping. */
export function html(html: string): Html {
  return { html };
}

/** A cell's HTML. */
function cellHtml(cell: Cell): string {
  return typeof cell === "string" ? escapeHtml(cell) : cell.html;
}

/**
 * A table that scrolls by itself where it is wider than the page. The first cell of a row heads it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { tableHtml } from "./markup.ts";
 *
 * const text = tableHtml("EX by run", [{ heading: "run" }, { heading: "EX", isNumber: true }], [["<a>", "61.4"]]);
 * assert.match(text, /<th scope="row">&lt;a&gt;<\/th><td class="n">61\.4<\/td>/);
 * ```
 *
 * @param caption What the table shows.
 */
export function tableHtml(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): string {
  const head = columns.map(({ heading, isNumber, hint }) =>
    `<th scope="col"${isNumber ? ' class="n"' : ""}${hint ? ` title="${escapeHtml(hint)}"` : ""}>${
      escapeHtml(heading)
    }</th>`
  );
  const body = rows.map((row) => {
    const [first, ...others] = row;
    const cells = others.map((cell, index) =>
      `<td${columns[index + 1].isNumber ? ' class="n"' : ""}>${cellHtml(cell)}</td>`
    );
    return `<tr><th scope="row">${cellHtml(first)}</th>${cells.join("")}</tr>`;
  });
  const name = escapeHtml(caption);
  // The caption is outside of what scrolls, so that it wraps on a phone; a region that scrolls must be
  // reachable by keyboard, and so have a name.
  return `<figure><figcaption>${name}</figcaption>` +
    `<div class="scroll" role="region" tabindex="0" aria-label="${name}"><table>` +
    `<thead><tr>${head.join("")}</tr></thead><tbody>${
      body.join("\n")
    }</tbody></table></div></figure>`;
}

/** What opens on demand. */
export function detailsHtml(summary: string, content: string): string {
  return `<details><summary>${escapeHtml(summary)}</summary>${content}</details>`;
}

/** A paragraph of text. */
export function paragraphHtml(text: Cell, className?: string): string {
  return `<p${className ? ` class="${className}"` : ""}>${cellHtml(text)}</p>`;
}
