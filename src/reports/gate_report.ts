/**
 * What the regression gate prints, for a terminal or a pull request.
 *
 * @module
 */

import type { HardGate } from "../gate/hard_gates.ts";
import type { GateReport } from "../gate/judge.ts";
import type { MetricReport } from "../gate/metrics.ts";
import type { Verdict } from "../gate/verdict.ts";
import { differenceText, measureOf } from "./measures.ts";
import { colored, type Style } from "./style.ts";
import { table } from "./table.ts";

/** The report of a comparison: the verdict first, then why, then what to do. */
export function gateText(title: string, report: GateReport, style: Style): string {
  const { verdict, gates, metrics, notes, incomparable } = report;
  const heading = style.markdown
    ? `### ${verdict}: ${title}`
    : `${shown(verdict, style)}: ${title}`;
  const advice = adviceOf(report);
  return [
    heading,
    gatesText(gates, style),
    ...(metrics.length > 0 ? [metricsTable(metrics, style)] : []),
    ...(incomparable === null ? [] : [
      `Baseline and tree are different evaluations, so metrics are not compared: ${incomparable}`,
    ]),
    ...notes.map((note) => `Note: ${note}`),
    ...(advice.length > 0 ? [advice.map((line) => `- ${line}`).join("\n")] : []),
  ].join("\n\n");
}

/** What recording a baseline prints. */
export function recordText(
  gates: readonly HardGate[],
  path: string | null,
  style: Style,
): string {
  const end = path === null
    ? "Not recorded: a baseline must pass the gates that need none"
    : `Recorded ${path}; commit it, so that reviewers see what changed`;
  return [gatesText(gates, style), end].join("\n\n");
}

function shown(verdict: Verdict, style: Style): string {
  return colored(verdict, verdict === "PASS" ? "green" : "red", style);
}

function gatesText(gates: readonly HardGate[], style: Style): string {
  const rows = gates.map(({ name, isPassed, found }) => [
    name,
    isPassed ? "ok" : colored("FAILED", "red", style),
    found,
  ]);
  const details = gates.flatMap(({ name, details }) => details.map((line) => `${name}: ${line}`));
  return [
    table([{ heading: "gate" }, { heading: "" }, { heading: "found" }], rows, style),
    ...(details.length > 0 ? [listed(details, style)] : []),
  ].join("\n\n");
}

/** In Markdown as code, since values may hold any sign. */
function listed(lines: readonly string[], style: Style): string {
  return style.markdown ? ["```", ...lines, "```"].join("\n") : lines.join("\n");
}

function metricsTable(metrics: readonly MetricReport[], style: Style): string {
  const right = (heading: string) => ({ heading, align: "right" }) as const;
  const rows = metrics.map((metric) => {
    const { measure, n, before, after, difference, pAdjusted, byDatabase, margin } = metric;
    const change = (one: MetricReport["difference"]) =>
      metric.isUnchanged
        ? "unchanged"
        : differenceText(measure, { ...one, value: one.estimate, n }, style);
    return [
      nameOf(metric),
      String(n),
      number(measure, before),
      number(measure, after),
      change(difference),
      metric.isUnchanged ? "" : pAdjusted.toFixed(4),
      change(byDatabase.difference),
      number(measure, margin),
      metric.detectable === null ? "" : number(measure, metric.detectable),
      shown(metric.verdict, style),
    ];
  });
  const databases = metrics[0].byDatabase.clusterCount;
  return table(
    [
      ...[{ heading: "metric" }, right("n"), right("before"), right("after")],
      ...[right("difference (95 %)"), right("p (Holm)"), right(`by ${databases} databases`)],
      ...[right("margin"), right("detectable"), { heading: "" }],
    ],
    rows,
    style,
  );
}

function nameOf({ exam, measure }: MetricReport): string {
  const { label, isRate } = measureOf(measure);
  return `${label}${isRate ? ", %" : ""}, ${exam}`;
}

function number(measure: string, value: number): string {
  return measureOf(measure).isRate ? (100 * value).toFixed(1) : value.toFixed(2);
}

const RECORD = '"finestep leaderboard check --record"';

function adviceOf({ verdict, gates, metrics, incomparable }: GateReport): string[] {
  const failed = gates.filter(({ isPassed }) => !isPassed).map(({ name }) => name);
  const isChanged = failed.includes("results") || failed.includes("frozen trajectories");
  return [
    ...(isChanged
      ? [
        `What this tree does has changed: look at the first difference. If it is meant, run ${RECORD} ` +
        "and commit the file, so that reviewers see it",
      ]
      : []),
    ...(incomparable === null
      ? []
      : [`Compare with a baseline of the same evaluation, or record one: ${RECORD}`]),
    ...metrics.filter((metric) => metric.verdict === "REGRESSION").map((metric) =>
      `${nameOf(metric)}: worse, and not by chance`
    ),
    ...metrics.filter((metric) => metric.verdict === "INCONCLUSIVE").map(openText),
    ...metrics.filter(decidesOtherwise).map((metric) =>
      `${nameOf(metric)}: by database the interval ${
        excludesZero(metric.byDatabase.difference) ? "excludes" : "includes"
      } 0, by question it does not agree; with so few databases it is too narrow and decides nothing`
    ),
    ...(verdict === "PASS" && metrics.some(({ isUnchanged }) => !isUnchanged)
      ? [`Results have changed and are no worse: record them as the new baseline: ${RECORD}`]
      : []),
  ];
}

/** Why a metric is open, and what it would take. */
function openText(metric: MetricReport): string {
  const { measure, better, difference: { low, high }, margin, n, needed } = metric;
  const loss = number(measure, better === "higher" ? -low : high);
  const unit = measureOf(measure).isRate ? " points" : "";
  const open = `${nameOf(metric)}: a loss of up to ${loss}${unit} cannot be ruled out with ${n} ` +
    `questions, and ${number(measure, margin)} is what does not matter`;
  if (needed === null) return open;
  const attempts = needed.attempts === null || metric.exam === "greedy"
    ? ""
    : `, or, for these questions alone, ${needed.attempts} attempts at each (--samples ` +
      `${needed.attempts}, also of the baseline)`;
  return `${open}; if there is none, about ${needed.questions} questions would show it${attempts}`;
}

function decidesOtherwise({ isUnchanged, difference, byDatabase }: MetricReport): boolean {
  return !isUnchanged && excludesZero(difference) !== excludesZero(byDatabase.difference);
}

function excludesZero({ low, high }: { readonly low: number; readonly high: number }): boolean {
  return low > 0 || high < 0;
}
