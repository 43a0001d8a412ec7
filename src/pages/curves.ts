/**
 * Learning curves: what policies did on training questions while they were trained, over seeds.
 *
 * @module
 */

import { SFT } from "../algorithms/sft.ts";
import { learningCurve } from "../evaluation/statistics.ts";
import type { TrainStep } from "../store/run_store.ts";
import { type Chart, figureHtml, legendHtml, scalesOf, type SeriesLook } from "./chart.ts";
import { detailsHtml, paragraphHtml, tableHtml } from "./markup.ts";
import { countText, estimateHtml, withinRange } from "./numbers.ts";
import type { Training } from "./report.ts";
import type { Section } from "./section.ts";

/** A curve's measure: its metric, and the measure whose form its numbers have. */
const MEASURES = [
  { metric: "env/ex", name: "ex", title: "EX, %" },
  {
    metric: "env/redundant_tool_calls",
    name: "redundant_tool_calls",
    title: "Redundant tool calls, %",
  },
  { metric: "env/tool_calls", name: "tool_calls", title: "Tool calls per episode" },
] as const;

type CurveMeasure = typeof MEASURES[number];

/** Steps whose mean a point is: one batch alone says little. */
const WINDOW = 5;

/** Points of a curve by tokens, and rows of a table, at most. */
const MAX_POINTS = 60;
const MAX_ROWS = 12;

/** Seeds from which on a band is drawn: Student's interval of two is as wide as the chart. */
const BAND_SEEDS = 3;

/** A point of the mean curve of a variant. */
export interface CurvePoint {
  readonly variant: string;
  /** Train steps done, or sampled tokens. */
  readonly x: number;
  readonly value: number;
  /** Null with one seed. */
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: number;
}

/** A run's curve: a value at each x, ascending. */
interface Series {
  readonly xs: readonly number[];
  readonly values: readonly number[];
}

/** The section; null where no policy acted in a training. */
export async function curvesSection(
  trainings: readonly Training[],
  looks: readonly SeriesLook[],
): Promise<Section | null> {
  // Demonstrations are right by themselves: they say nothing of the policy.
  const trained = trainings.filter(({ steps, run }) =>
    steps.length > 0 && run.algorithm !== SFT.name
  );
  if (trained.length === 0) return null;
  const seeds = new Map(
    Array.from(
      Map.groupBy(trained, ({ variant }) => variant),
      ([variant, runs]) => [variant, countText(runs.length, "seed")] as const,
    ),
  );
  const parts = await Promise.all(MEASURES.map(async (measure) => {
    const bySteps = curvePoints(trained, measure.metric);
    const byTokens = curvePoints(trained, measure.metric, "tokens");
    return {
      steps: await figureHtml(curveChart(measure, bySteps, "train steps", looks)),
      tokens: await figureHtml(curveChart(measure, byTokens, "sampled tokens", looks)),
      table: curveTable(measure, bySteps),
    };
  }));
  return {
    id: "curves",
    title: "Learning curves",
    html: [
      paragraphHtml(
        "Attempts sampled on training questions while the policies learned. Lines are means over seeds, each " +
          `point the mean of ${WINDOW} train steps up to it. Bands, from ${BAND_SEEDS} seeds on, are Student's ` +
          "95 % intervals of the mean, which hold at each point by itself. A curve ends where a seed ends.",
      ),
      legendHtml(looks.filter(({ name }) => seeds.has(name)), seeds),
      "<h3>By train step</h3>",
      `<div class="figures">${parts.map(({ steps }) => steps).join("")}</div>`,
      "<h3>By sampled tokens</h3>",
      paragraphHtml(
        "The same against what was spent: algorithms that sample more in a step come further to the right.",
      ),
      `<div class="figures">${parts.map(({ tokens }) => tokens).join("")}</div>`,
      detailsHtml("The numbers of the curves", parts.map(({ table }) => table).join("")),
    ].join("\n"),
  };
}

/**
 * The mean curves of all variants, as far as all of a variant's seeds reach.
 *
 * @param metric A key of the train steps' metrics.
 * @param by What the curve runs over; tokens are those sampled up to and with a step, and values between
 * two steps lie on the line between them.
 */
export function curvePoints(
  trainings: readonly Training[],
  metric: string,
  by: "steps" | "tokens" = "steps",
): CurvePoint[] {
  const variants = Map.groupBy(trainings, ({ variant }) => variant);
  return [...variants].flatMap(([variant, runs]) => {
    const series = runs.map(({ steps }) => seriesOf(steps, metric, by));
    const xs = by === "steps" ? stepsOf(series) : gridOf(series);
    const curve = learningCurve(series.map((one) => xs.map((x) => valueAt(one, x))));
    return curve.map(({ mean, interval, n }, index) => ({
      variant,
      x: xs[index],
      value: mean,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      seeds: n,
    }));
  });
}

function seriesOf(steps: readonly TrainStep[], metric: string, by: "steps" | "tokens"): Series {
  let tokens = 0;
  return {
    xs: steps.map(({ trainStep, metrics }) =>
      by === "steps" ? trainStep + 1 : tokens += metrics["env/sampled_tokens"]
    ),
    values: steps.map((_, index) => {
      const window = steps.slice(Math.max(0, index + 1 - WINDOW), index + 1);
      return window.reduce((sum, { metrics }) => sum + metrics[metric], 0) / window.length;
    }),
  };
}

/** The steps that all series have. */
function stepsOf(series: readonly Series[]): number[] {
  const length = Math.min(...series.map(({ xs }) => xs.length));
  return series[0].xs.slice(0, length);
}

/** Even places between the last first x and the first last one. */
function gridOf(series: readonly Series[]): number[] {
  const first = Math.max(...series.map(({ xs }) => xs[0]));
  const last = Math.min(...series.map(({ xs }) => xs.at(-1)!));
  const count = Math.min(MAX_POINTS, ...series.map(({ xs }) => xs.length));
  if (count < 2 || last <= first) return [Math.min(first, last)];
  return Array.from({ length: count }, (_, i) => first + (last - first) * i / (count - 1));
}

/** The value on the line between the two neighbours of `x`; the nearest end's outside. */
function valueAt({ xs, values }: Series, x: number): number {
  const above = xs.findIndex((one) => one >= x);
  if (above === -1) return values.at(-1)!;
  if (above === 0 || xs[above] === x) return values[above];
  const share = (x - xs[above - 1]) / (xs[above] - xs[above - 1]);
  return values[above - 1] + share * (values[above] - values[above - 1]);
}

function curveChart(
  { name, title }: CurveMeasure,
  points: readonly CurvePoint[],
  axis: string,
  looks: readonly SeriesLook[],
): Chart {
  const isRate = name !== "tool_calls";
  const scaled = (value: number | null) => value === null ? null : isRate ? 100 * value : value;
  const values = points.map(({ variant, x, seeds, ...point }) => {
    const { value, low, high } = withinRange(name, point);
    const bounds = seeds < BAND_SEEDS ? {} : { low: scaled(low), high: scaled(high) };
    return { variant, x, value: scaled(value), ...bounds };
  });
  const { color, strokeDash } = scalesOf(looks);
  const x = {
    field: "x",
    type: "quantitative",
    title: axis,
    axis: { grid: false, tickCount: 5, format: "~s" },
  };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: null,
    scale: { zero: true, nice: true },
    axis: { tickCount: 5 },
  });
  const of = (scale: object) => ({ field: "variant", type: "nominal", ...scale });
  const hasBands = points.some(({ seeds }) => seeds >= BAND_SEEDS);
  const band = {
    transform: [{ filter: "isValid(datum.low)" }],
    mark: { type: "area", opacity: 0.12 },
    encoding: { x, y: y("low"), y2: { field: "high" }, color: of(color) },
  };
  const line = {
    mark: { type: "line", strokeWidth: 2 },
    encoding: { x, y: y("value"), color: of(color), strokeDash: of(strokeDash) },
  };
  return {
    title,
    description: `${axis} from left to right; the table below has the numbers`,
    spec: {
      width: 225,
      height: 165,
      data: { values },
      layer: hasBands ? [band, line] : [line],
    } as unknown as Chart["spec"],
  };
}

/** Some steps of each curve. */
function curveTable({ name, title }: CurveMeasure, points: readonly CurvePoint[]): string {
  const variants = Map.groupBy(points, ({ variant }) => variant);
  const longest = [...variants.values()].sort((a, b) => b.length - a.length)[0];
  const every = Math.ceil(longest.length / MAX_ROWS);
  const shown = longest.filter((_, index) => (longest.length - 1 - index) % every === 0);
  const columns = [
    { heading: "train step", isNumber: true },
    ...[...variants.keys()].map((heading) => ({
      heading,
      isNumber: true,
    })),
  ];
  const rows = shown.map(({ x }) => [
    String(x),
    ...[...variants.values()].map((curve) => {
      const point = curve.find((one) => one.x === x);
      return point ? estimateHtml(name, withinRange(name, point)) : "";
    }),
  ]);
  const which = every === 1 ? "" : `, every ${every} steps`;
  return tableHtml(`${title} (95 % interval over seeds${which})`, columns, rows);
}
