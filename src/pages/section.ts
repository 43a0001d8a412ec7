/**
 * A part of the page: HTML, and what it needs to be shown and used.
 *
 * @module
 */

/** A part of the page. */
export interface Section {
  /** Fragment id, for links and the table of contents. */
  readonly id: string;
  readonly title: string;
  /** Inner HTML of the section; already escaped. */
  readonly html: string;
  /** Styles of this section only; every selector begins with `#<id>`. Colours come from the page's CSS variables. */
  readonly css?: string;
  /** A classic script, run after the page is parsed, as a function body with `section` (its element) and `data` (the value below). */
  readonly script?: string;
  /** A JSON value for the script, embedded once as application/json. */
  readonly data?: unknown;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Escapes text for HTML, also inside quoted attributes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { escapeHtml } from "./section.ts";
 *
 * assert.equal(escapeHtml(`<img alt="it's">`), "&lt;img alt=&quot;it&#39;s&quot;&gt;");
 * ```
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
