/**
 * The measures of train steps as curves, a line each, and where the time goes.
 *
 * @module
 */

import type { TrainStep } from "../store/run_store.ts";
import { sparkline } from "./sparkline.ts";
import { colored, type Style } from "./style.ts";
import { TIME_PARTS, timeOf } from "./train_report.ts";
import { filled } from "./watch_text.ts";

type Metrics = TrainStep["metrics"];

/** One curve; what a step has no value of is NaN. */
interface Curve {
  readonly label: string;
  readonly valueOf: (metrics: Metrics) => number;
}

const metric = (key: string, factor = 1) => (metrics: Metrics) => factor * (metrics[key] ?? NaN);

/** The most wanted first: a small terminal shows those. */
const CURVES: readonly Curve[] = [
  { label: "EX, %", valueOf: metric("env/ex", 100) },
  { label: "redundant calls, %", valueOf: metric("env/redundant_tool_calls", 100) },
  { label: "calls per episode", valueOf: metric("env/tool_calls") },
  { label: "process reward", valueOf: metric("reward/process") },
  { label: "loss", valueOf: metric("loss/loss") },
  { label: "gradient norm", valueOf: metric("loss/gradient_norm") },
  { label: "clipped tokens, %", valueOf: metric("loss/clip_fraction", 100) },
  { label: "approx. KL", valueOf: metric("loss/approx_kl") },
  {
    label: "tokens per second",
    valueOf: (metrics) => 1000 * metrics["env/sampled_tokens"] / metrics["time/rollout_ms"],
  },
];

const LABEL_WIDTH = 18;
const NUMBER_WIDTH = 8;

/** Cells of a line beside its curve: the label and four numbers. */
const BESIDE_CURVE = LABEL_WIDTH + 1 + 4 * (NUMBER_WIDTH + 1);

/** A heading, then a line for each curve: its first, last, least and greatest value beside it. */
export function curveLines(steps: readonly TrainStep[], width: number, style: Style): string[] {
  const curveWidth = Math.max(0, width - BESIDE_CURVE);
  const line = (label: string, curve: string, numbers: readonly string[]) =>
    [
      filled(label, LABEL_WIDTH, style),
      filled(curve, curveWidth, style),
      ...numbers.map((number) => number.padStart(NUMBER_WIDTH)),
    ].join(" ");
  const heading = line(`steps 1 to ${steps.length}`, "", ["first", "last", "min", "max"]);
  return [
    colored(heading, "bold", style),
    ...CURVES.map(({ label, valueOf }) => {
      const values = steps.map(({ metrics }) => valueOf(metrics));
      const curve = sparkline(values, curveWidth, style);
      return line(label, curve, summary(values).map(numberText));
    }),
  ];
}

/** The first, last, least and greatest of the finite values; NaN where there is none. */
function summary(values: readonly number[]): [number, number, number, number] {
  const finite = values.filter(Number.isFinite);
  const [first = NaN] = finite;
  const [low, high] = finite.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [first, first],
  );
  return [first, finite.at(-1) ?? NaN, low, high];
}

/** Three digits that count, in at most eight signs. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return "-";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** Where the time of a step goes on average, and how long one takes. */
export function timeLine(steps: readonly TrainStep[]): string {
  const sum = (valueOf: (metrics: Metrics) => number) =>
    steps.reduce((total, { metrics }) => total + valueOf(metrics), 0);
  const total = sum(timeOf);
  const parts = Object.entries(TIME_PARTS)
    .map(([key, label]) => `${label} ${(100 * sum(metric(key)) / total).toFixed(0)} %`);
  return `${(total / 1000 / steps.length).toFixed(1)} s a step: ${parts.join(", ")}`;
}
