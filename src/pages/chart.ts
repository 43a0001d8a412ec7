/**
 * Charts as SVG: Vega-Lite specifications drawn without a browser, in the page's colours.
 *
 * @module
 */

import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

import { escapeHtml } from "./section.ts";

/** A chart and what stands around it. */
export interface Chart {
  readonly title: string;
  /** What is to be seen, for who cannot see it. */
  readonly description: string;
  readonly spec: Omit<TopLevelSpec, "config" | "$schema">;
}

const FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif";

/** All colours are the page's variables, so that a chart follows its scheme. */
const CONFIG: TopLevelSpec["config"] = {
  background: "transparent",
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: "var(--muted)",
    titleColor: "var(--ink)",
    titleFontWeight: "normal",
    domainColor: "var(--muted)",
    tickColor: "var(--muted)",
    gridColor: "var(--line)",
    labelFontSize: 11,
    titleFontSize: 12,
  },
};

/**
 * A figure with its title above it. Its width is what it takes, less on a narrower screen.
 *
 * @throws {Error} If the specification is not one of Vega-Lite's.
 */
export async function figureHtml({ title, description, spec }: Chart): Promise<string> {
  const { spec: vega } = compile({ ...spec, config: CONFIG } as TopLevelSpec);
  const svg = await new View(parse(vega), { renderer: "none" }).toSVG();
  const label = escapeHtml(`${title}: ${description}`);
  // The figure says what it is, once; Vega would let each of its parts say something.
  const shown = svg
    .replaceAll(/ (aria-[a-z]+|role)="[^"]*"/g, "")
    .replace(
      /^<svg [^>]*?width="(\d+)" height="(\d+)"[^>]*>/,
      (_, width, height) =>
        `<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" ` +
        `width="${width}" height="${height}">`,
    );
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${shown}</figure>`;
}

/** Marks of a variant, told apart by colour, dashes and shape alike. */
export interface SeriesLook {
  readonly name: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly shape: string;
}

const DASHES = [[], [6, 3], [2, 2], [8, 2, 2, 2], [1, 3], [10, 4]];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];

/** A look for each name; the colours come again after six, with other dashes and shapes. */
export function looksOf(names: readonly string[]): SeriesLook[] {
  return names.map((name, index) => {
    const round = Math.floor(index / 6);
    return {
      name,
      color: `var(--series-${index % 6 + 1})`,
      dash: DASHES[(index + round) % 6],
      shape: SHAPES[(index + round) % 6],
    };
  });
}

/** Scales for `color`, `strokeDash` and `shape` of a field that holds names. */
export function scalesOf(looks: readonly SeriesLook[]) {
  const scale = (range: unknown[]) => ({
    scale: { domain: looks.map(({ name }) => name), range },
    legend: null,
  });
  return {
    color: scale(looks.map(({ color }) => color)),
    strokeDash: scale(looks.map(({ dash }) => dash)),
    shape: scale(looks.map(({ shape }) => shape)),
  };
}

/**
 * One legend for all charts of a section.
 *
 * @param notes What stands in brackets after a name.
 */
export function legendHtml(
  looks: readonly SeriesLook[],
  notes: ReadonlyMap<string, string> = new Map(),
): string {
  const items = looks.map(({ name, color, dash, shape }) =>
    `<li><svg width="44" height="14" viewBox="0 0 44 14" aria-hidden="true">` +
    `<g fill="${color}" stroke="${color}" stroke-width="2">` +
    `<line x1="0" y1="7" x2="44" y2="7" stroke-dasharray="${dash.join(" ")}"/>${
      SHAPE_SVG[shape]
    }</g></svg> ${escapeHtml(name)}${noteHtml(notes.get(name))}</li>`
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

function noteHtml(note: string | undefined): string {
  return note === undefined ? "" : ` <span class="muted">(${escapeHtml(note)})</span>`;
}

const SHAPE_SVG: Readonly<Record<string, string>> = {
  "circle": '<circle cx="22" cy="7" r="4" stroke="none"/>',
  "square": '<rect x="18" y="3" width="8" height="8" stroke="none"/>',
  "triangle-up": '<path d="M22 2l5 9h-10z" stroke="none"/>',
  "diamond": '<path d="M22 2l5 5-5 5-5-5z" stroke="none"/>',
  "cross": '<path d="M20 2h4v3h3v4h-3v3h-4v-3h-3v-4h3z" stroke="none"/>',
  "triangle-down": '<path d="M22 12l5-9h-10z" stroke="none"/>',
};
