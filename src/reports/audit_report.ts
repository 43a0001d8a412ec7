/**
 * An audit as text: what all trajectories show, what could not be computed, the worst trajectories,
 * or one of them step by step.
 *
 * @module
 */

import type { AuditedTrace } from "../audit/audit.ts";
import type { AuditMeasure, MeasureName } from "../audit/totals.ts";
import { isRedundant, REDUNDANCY_CATEGORIES } from "../evaluation/redundancy.ts";
import { type AuditRecord, stepRecords } from "./audit_document.ts";
import { estimateText } from "./measures.ts";
import { colored, type Style } from "./style.ts";
import { table } from "./table.ts";

/** Characters of SQL and of names in a table. */
const MAX_SQL = 60;
const MAX_NAME = 24;

/** Rows of the table, in its order. */
const LABELS: Readonly<Record<MeasureName, string>> = {
  ex: "right answers, %",
  redundant_tool_calls: "redundant tool calls (RTR), %",
  R1: "  R1 same call",
  R2: "  R2 same SQL",
  R3: "  R3 same failure",
  R4: "  R4 same rows",
  R5a: "  R5a same look-up",
  R6: "  R6 answer was known",
  tool_calls: "tool calls per trajectory",
  failed_tool_calls: "failing tool calls, %",
  excess_steps: "calls after the deciding one",
  advantage_redundant: "mean advantage of redundant calls",
  advantage_other: "mean advantage of other calls",
  R4Lenient: "beside it: R4Lenient, %",
  R5b: "beside it: R5b, %",
  R6Oracle: "beside it: R6Oracle, %",
};

/**
 * The audit of a file.
 *
 * @param options.top Trajectories shown, the most redundant calls first.
 */
export function auditText(record: AuditRecord, style: Style, { top }: { readonly top: number }) {
  const { file, algorithm, seed, traces, limits, skipped } = record;
  const groups = new Set(traces.map(({ group }) => group)).size;
  const notes = [...limits, ...skipped.map((reason) => `Left out: ${reason}`)];
  return [
    `${file}: trajectories ${traces.length}, groups ${groups}, advantages of ${algorithm}`,
    `Values with 95 % intervals over groups (n), seed ${seed}`,
    measuresTable(record.measures, style),
    ...notes.length > 0 ? ["Read with this in mind:", ...notes.map((note) => `- ${note}`)] : [],
    ...top > 0 ? worstText(traces, style, top) : [],
  ].join("\n");
}

function measuresTable(measures: readonly AuditMeasure[], style: Style): string {
  const byName = new Map(measures.map((measure) => [measure.name, measure]));
  const names = (Object.keys(LABELS) as MeasureName[]).filter((name) => byName.has(name));
  const columns = [
    { heading: "measure" },
    { heading: "value", align: "right" },
    { heading: "n", align: "right" },
  ] as const;
  const rows = names.map((name) => {
    const measure = byName.get(name)!;
    return [LABELS[name], estimateText(formOf(name), measure, style), String(measure.n)];
  });
  return table(columns, rows, style);
}

/** Classes are shares of calls, as RTR is; the rest of what reports know no name of are numbers. */
function formOf(name: MeasureName): string {
  return /^R\d/.test(name) ? "redundant_tool_calls" : name;
}

function worstText(traces: readonly AuditedTrace[], style: Style, top: number): string[] {
  const worst = traces.toSorted((a, b) =>
    redundantCount(b) - redundantCount(a) || callCount(a) - callCount(b) || a.line - b.line
  ).slice(0, top);
  const columns = [
    { heading: "line", align: "right" },
    { heading: "id" },
    { heading: "group" },
    { heading: "calls", align: "right" },
    { heading: "redundant", align: "right" },
    { heading: "classes" },
    { heading: "failing", align: "right" },
    { heading: "excess", align: "right" },
    { heading: "right" },
    { heading: "mean advantage", align: "right" },
  ] as const;
  const shown = worst.length < traces.length ? ` (${worst.length} of ${traces.length})` : "";
  const [first] = worst;
  return [
    `\nTrajectories by redundant calls${shown}`,
    table(columns, worst.map(worstRow), style),
    ...first ? [`Step by step: --steps ${first.line}`] : [],
  ];
}

function worstRow(trace: AuditedTrace): string[] {
  const { line, id, group, outcome, redundancy: { calls, excessSteps }, credit } = trace;
  const counts = REDUNDANCY_CATEGORIES.map((name) =>
    [name, calls.filter(({ category }) => category === name).length] as const
  );
  return [
    String(line),
    cut(id, MAX_NAME),
    cut(group, MAX_NAME),
    String(calls.length),
    String(redundantCount(trace)),
    counts.flatMap(([name, count]) => count > 0 ? `${name} ${count}` : []).join(", "),
    String(calls.filter(({ hasFailed }) => hasFailed).length),
    excessSteps === null ? "" : String(excessSteps),
    outcome === null ? "?" : outcome === 1 ? "yes" : "no",
    numberText(credit.compared && mean(credit.compared.advantages)),
  ];
}

/** One trajectory step by step. */
export function stepsText(trace: AuditedTrace, style: Style): string {
  const { line, id, group, groupSize, outcome, episode } = trace;
  const columns = [
    { heading: "step", align: "right" },
    { heading: "what" },
    { heading: "SQL" },
    { heading: "status" },
    { heading: "classes" },
    { heading: "hard", align: "right" },
    { heading: "recall", align: "right" },
    { heading: "process", align: "right" },
    { heading: "smoothed", align: "right" },
    { heading: "discounted", align: "right" },
    { heading: "value", align: "right" },
    { heading: "advantage", align: "right" },
  ] as const;
  const rows = stepRecords(trace).map((step) => [
    String(step.index + 1),
    step.tool ?? step.kind,
    cut((step.sql ?? "").replace(/\s+/g, " ").trim(), MAX_SQL),
    step.status,
    // The first class that counts is the one that the call is counted in.
    step.classes.join(" "),
    numberText(step.hard),
    numberText(step.recall),
    numberText(step.process),
    numberText(step.smoothed),
    numberText(step.discounted),
    numberText(step.value),
    advantageText(step.advantage, style),
  ]);
  const answer = outcome === null ? "of unknown outcome" : outcome === 1 ? "right" : "wrong";
  return [
    `Line ${line}: ${id}, group ${group} of ${groupSize}, ${
      episode.finalSql === null ? `no answer, ${answer}` : `answer ${answer}`
    }`,
    table(columns, rows, style),
  ].join("\n");
}

function advantageText(advantage: number | null, style: Style): string {
  const text = numberText(advantage);
  if (advantage === null || Number(text) === 0) return text;
  return colored(text, advantage > 0 ? "green" : "red", style);
}

function redundantCount({ redundancy: { calls } }: AuditedTrace): number {
  return calls.filter(isRedundant).length;
}

function callCount({ redundancy: { calls } }: AuditedTrace): number {
  return calls.length;
}

function numberText(value: number | null): string {
  return value === null ? "?" : value.toFixed(2).replace(/^-(0\.00)$/, "$1");
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}
