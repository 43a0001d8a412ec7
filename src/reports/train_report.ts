/**
 * A training run in text: a line for each step while it runs, and what came of it.
 *
 * @module
 */

import type { EvaluationSummary, Measurements } from "../evaluation/summary.ts";
import { REDUNDANCY_CATEGORIES, type RedundancyCategory } from "../evaluation/redundancy.ts";
import { evaluationTable } from "./evaluation_table.ts";
import { CLASS_NAMES } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

type Metrics = Readonly<Record<string, number>>;

/** Parts of a train step's time by the key of their metric. SQL is a part of the rollout. */
export const TIME_PARTS: Readonly<Record<string, string>> = {
  "time/rollout_ms": "rollout",
  "time/scoring_ms": "scoring",
  "time/forward_ms": "forward",
  "time/backward_ms": "backward",
  "time/optimizer_ms": "optimizer",
};

/**
 * One train step as a line.
 *
 * @param left What is known of the time left, for instance `2 min 5 s left`.
 */
export function stepLine(trainStep: number, trainSteps: number, metrics: Metrics, left: string) {
  const percent = (key: string) => `${(100 * metrics[key]).toFixed(1).padStart(5)} %`;
  return [
    `step ${String(trainStep + 1).padStart(String(trainSteps).length)}/${trainSteps}`,
    `EX ${percent("env/ex")}`,
    `calls ${metrics["env/tool_calls"].toFixed(2)}`,
    `redundant ${percent("env/redundant_tool_calls")}`,
    "loss/loss" in metrics ? `loss ${metrics["loss/loss"].toFixed(4).padStart(7)}` : "no update",
    ...metrics["loss/is_applied"] === 0 ? ["NOT APPLIED: not finite"] : [],
    `${(timeOf(metrics) / 1000).toFixed(1)} s`,
    left,
  ].join("  ");
}

/** Wall-clock time of a step, in ms. */
export function timeOf(metrics: Metrics): number {
  return Object.keys(TIME_PARTS).reduce((sum, key) => sum + metrics[key], 0);
}

/** Where the time of the train steps went. */
export function timeTable(steps: readonly Metrics[], style: Style): string {
  const total = steps.reduce((sum, metrics) => sum + timeOf(metrics), 0);
  const row = (key: string, label: string) => {
    const ms = steps.reduce((sum, metrics) => sum + metrics[key], 0);
    return [
      label,
      (ms / 1000 / steps.length).toFixed(3),
      total === 0 ? "" : (100 * ms / total).toFixed(1),
    ];
  };
  const rows = Object.entries(TIME_PARTS).map(([key, label]) => row(key, label));
  rows.splice(1, 0, row("time/sql_ms", "  SQL, summed over side-by-side episodes"));
  return table(
    [
      { heading: "part of a train step" },
      { heading: "s per step", align: "right" },
      { heading: "% of time", align: "right" },
    ],
    rows,
    style,
  );
}

/** What a run came to. */
export interface TrainingResult {
  readonly before: EvaluationSummary;
  readonly after: EvaluationSummary;
  readonly difference: Measurements;
  /** The measures on the questions that both policies solved. */
  readonly solvedByBoth: { readonly before: Measurements; readonly after: Measurements };
}

/** Before and after training, with 95 % intervals and the paired difference. */
export function comparisonText(result: TrainingResult, style: Style): string {
  const { before, after, difference, solvedByBoth } = result;
  return [
    evaluationTable(before.measures, { after: after.measures, difference }, style),
    "",
    solvedText(solvedByBoth, style),
    "",
    "Redundant tool calls per question, by class (docs/metrics.md):",
    classTable(before, after, style),
  ].join("\n");
}

/** How many calls the questions took that both policies solved, where there are any. */
function solvedText({ before, after }: TrainingResult["solvedByBoth"], style: Style): string {
  const { n } = before.tool_calls;
  if (n === 0) return "No question was solved both before and after training.";
  const calls = ({ redundant_tool_calls, tool_calls }: Measurements) => ({
    redundant_tool_calls,
    tool_calls,
  });
  return [
    `On the ${n} questions that both solve:`,
    evaluationTable(calls(before), { after: calls(after) }, style),
  ].join("\n");
}

function classTable(before: EvaluationSummary, after: EvaluationSummary, style: Style): string {
  const right = (heading: string) => ({ heading, align: "right" } as const);
  const perQuestion = ({ redundancy }: EvaluationSummary, category: RedundancyCategory) =>
    (redundancy.categoryRates[category] * redundancy.callsPerQuestion).toFixed(3);
  const rows = REDUNDANCY_CATEGORIES.map((category) => [
    `${category} ${CLASS_NAMES[category]}`,
    perQuestion(before, category),
    perQuestion(after, category),
  ]);
  return table([{ heading: "class" }, right("before"), right("after")], rows, style);
}
