/**
 * The page around its sections: one HTML file that loads nothing and connects to nothing.
 *
 * @module
 */

import { createHash } from "node:crypto";
import PAGE_CSS from "./page.css" with { type: "text" };
import PAGE_SCRIPT from "./page.js" with { type: "text" };
import { escapeHtml, type Section } from "./section.ts";
import { THEME_CSS } from "./theme.ts";

/** What the page begins with. */
export interface PageHead {
  readonly title: string;
  /** One sentence below the title; text. */
  readonly summary: string;
}

/**
 * The whole file. Its Content-Security-Policy names the scripts and styles in it by their hashes, so that
 * nothing that came in with data can run, and forbids to load or to send anything.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pageHtml } from "./page.ts";
 *
 * const section = { id: "a", title: "A", html: "<p>1</p>" };
 * const page = pageHtml({ title: "T", summary: "S" }, [section]);
 * assert.match(page, /<section id="a" aria-labelledby="a-title">/);
 * assert.match(page, /<a href="#a">A<\/a>/);
 * ```
 */
export function pageHtml({ title, summary }: PageHead, sections: readonly Section[]): string {
  const style = [THEME_CSS, PAGE_CSS, ...sections.map(({ css = "" }) => css)].join("\n");
  const scripts = [PAGE_SCRIPT, ...sections.flatMap(scriptOf)];
  const policy = [
    "default-src 'none'",
    `style-src ${hashes([style])}`,
    `script-src ${hashes(scripts)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="summary">${escapeHtml(summary)}</p>
<button id="theme" type="button" hidden>Dark</button>
</header>
<nav aria-label="Contents"><ol>
${sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`).join("\n")}
</ol></nav>
<main id="content">
${sections.map(sectionHtml).join("\n")}
</main>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}

function sectionHtml({ id, title, html, data }: Section): string {
  const json = data === undefined
    ? ""
    : `<script type="application/json" id="${id}-data">${jsonForHtml(data)}</script>\n`;
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${escapeHtml(title)}</h2>
${html}
${json}</section>`;
}

/** JSON in which nothing can end the script element or begin a comment. */
function jsonForHtml(data: unknown): string {
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function scriptOf({ id, script, data }: Section): string[] {
  if (script === undefined) return [];
  const value = data === undefined
    ? "undefined"
    : `JSON.parse(document.getElementById("${id}-data").textContent)`;
  return [
    `"use strict";((section, data) => {\n${script}\n})(document.getElementById("${id}"), ${value});`,
  ];
}

function hashes(texts: readonly string[]): string {
  return texts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)
    .join(" ");
}
