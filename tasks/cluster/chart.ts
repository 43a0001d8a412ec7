/**
 * Curves of a check as an SVG of its own.
 *
 * @module
 */

import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/** A curve: its name, and a value for each train step. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

/** A panel for each quantity, side by side, with one legend. */
export async function curvesSvg(
  panels: readonly { readonly title: string; readonly curves: readonly Curve[] }[],
): Promise<string> {
  const spec: TopLevelSpec = {
    hconcat: panels.map(({ title, curves }) => ({
      width: 360,
      height: 240,
      data: {
        values: curves.flatMap(({ name, values }) =>
          values.map((value, step) => ({ name, step: step + 1, value }))
        ),
      },
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "step", type: "quantitative", title: "train step" },
        y: { field: "value", type: "quantitative", title, scale: { zero: false } },
        color: { field: "name", type: "nominal", title: null, legend: { labelLimit: 0 } },
        strokeDash: { field: "name", type: "nominal", title: null },
      },
    })),
    resolve: { scale: { color: "shared", strokeDash: "shared" } },
    background: "white",
  };
  return await new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}
