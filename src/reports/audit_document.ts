/**
 * An audit as data for other programs; its schema is {@linkcode AUDIT}.
 *
 * @module
 */

import type { AuditedTrace } from "../audit/audit.ts";
import type { AuditMeasure } from "../audit/totals.ts";
import { isRedundant } from "../evaluation/redundancy.ts";
import { AUDIT_FORMAT, type AuditDocument } from "./audit_schema.ts";

/** An audit with everything that a report of it needs. */
export interface AuditRecord {
  readonly file: string;
  readonly algorithm: string;
  /** Of rewards and credit, in force. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly seed: number;
  /** Lines left out, and why. */
  readonly skipped: readonly string[];
  readonly limits: readonly string[];
  readonly measures: readonly AuditMeasure[];
  readonly traces: readonly AuditedTrace[];
}

/** Indented but for trajectories, of which each has a line of its own. */
export function auditJson(record: AuditRecord): string {
  const { trajectories, ...rest } = auditDocument(record);
  const head = JSON.stringify(rest, null, 2).slice(0, -"\n}".length);
  const lines = trajectories.map((trajectory) => `    ${JSON.stringify(trajectory)}`);
  return `${head},\n  "trajectories": [\n${lines.join(",\n")}\n  ]\n}`;
}

function auditDocument({ traces, ...record }: AuditRecord): AuditDocument {
  return {
    schema: AUDIT_FORMAT,
    ...record,
    skipped: [...record.skipped],
    limits: [...record.limits],
    measures: [...record.measures],
    trajectories: traces.map((trace) => ({
      line: trace.line,
      id: trace.id,
      group: trace.group,
      groupSize: trace.groupSize,
      isKept: trace.isKept,
      results: trace.hasRows ? "rows" : "text",
      outcome: trace.outcome,
      finalSql: trace.episode.finalSql,
      calls: trace.redundancy.calls.length,
      redundant: trace.redundancy.calls.filter(isRedundant).length,
      failed: trace.redundancy.calls.filter(({ hasFailed }) => hasFailed).length,
      excessSteps: trace.redundancy.excessSteps,
      steps: stepRecords(trace),
    })),
  };
}

/** One step as the export has it. */
export type StepRecord = AuditDocument["trajectories"][number]["steps"][number];

/** The steps of a trajectory, each with what happened and what it earned. */
export function stepRecords({ episode, messages, redundancy, credit }: AuditedTrace): StepRecord[] {
  return episode.steps.map(({ action, result }, index) => {
    const call = redundancy.calls.find(({ step }) => step === index);
    const kind = result?.kind ?? "none";
    return {
      index,
      message: messages[index],
      kind: action.kind,
      tool: action.kind === "toolCall" ? action.tool : null,
      sql: action.kind === "violation" ? null : action.sql || null,
      status: kind === "rows" ? "ok" : kind,
      classes: [...call?.classes ?? []],
      category: call?.category ?? null,
      hard: credit.hard[index],
      recall: credit.recall?.[index] ?? null,
      process: credit.process[index],
      smoothed: credit.smoothed[index],
      discounted: credit.compared?.discounted[index] ?? null,
      value: credit.compared?.values[index] ?? null,
      advantage: credit.compared?.advantages[index] ?? null,
    };
  });
}
