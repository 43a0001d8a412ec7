/**
 * What `finestep data check` prints.
 *
 * @module
 */

import type { Dataset } from "../dataset/dataset.ts";
import {
  detailOf,
  type GoldCheck,
  type GoldCounts,
  type GoldReport,
  REASONS,
} from "../dataset/gold_check.ts";
import type { Style } from "../reports/style.ts";
import { table } from "../reports/table.ts";

/** Name and version of the JSON; the version goes up with a change that breaks readers. */
const GOLD_CHECK_FORMAT = "finestep.gold-check/1";

/** Questions listed one by one as text; JSON has all. */
const MAX_LISTED = 20;

/** Tables by database and by reason, and the questions that are broken or otherwise found. */
export function goldReportText(dataset: Dataset, report: GoldReport, style: Style): string {
  const { name, split, examples, databases, warnings } = dataset;
  const { checks, byReason, byFunction } = report;
  const broken = checks.filter(isBroken);
  const others = checks.filter((check) => check.reasons.length > 0 && !isBroken(check));
  const uncheckedTies = checks.filter(({ hasUncheckedTies }) => hasUncheckedTies).length;
  return [
    `${name} ${split}: ${examples.length} examples, ${databases.length} databases`,
    ...warnings.map((warning) => `warning: ${warning}`),
    countsTable(report, style),
    ...(byReason.size > 0 ? [reasonsTable(report, style)] : []),
    `functions: ${
      Array.from(byFunction, ([name, count]) => `${name} ${count}`).join(", ") || "none"
    }`,
    ...(uncheckedTies > 0 ? [`ties at LIMIT not checked: ${uncheckedTies} gold SQL`] : []),
    ...broken.map((check) =>
      `broken: example ${check.example.id} of ${check.example.database.id}: ` +
      `${check.outcome}: ${check.message}`
    ),
    ...others.slice(0, MAX_LISTED).map((check) =>
      `found: example ${check.example.id} of ${check.example.database.id}: ${
        check.reasons.join(", ")
      }`
    ),
    ...(others.length > MAX_LISTED
      ? [`found: ${others.length - MAX_LISTED} more examples, which --json and --write list`]
      : []),
  ].join("\n");
}

/** The same as JSON, with every finding. */
export function goldReportJson(dataset: Dataset, report: GoldReport): string {
  const { name, split, examples, databases, warnings } = dataset;
  const summary = {
    schema: GOLD_CHECK_FORMAT,
    name,
    split,
    examples: examples.length,
    databases: databases.length,
    warnings,
    counts: report.counts,
    byDatabase: Object.fromEntries(report.byDatabase),
    byReason: Object.fromEntries(report.byReason),
    byFunction: Object.fromEntries(report.byFunction),
    uncheckedTies: report.checks.filter(({ hasUncheckedTies }) => hasUncheckedTies).map(idOf),
    broken: report.checks.filter(isBroken).map((check) => ({
      id: idOf(check),
      database: check.example.database.id,
      outcome: check.outcome,
      message: check.message,
    })),
    findings: report.checks.filter(({ reasons }) => reasons.length > 0).map((check) => ({
      id: idOf(check),
      database: check.example.database.id,
      reasons: check.reasons,
      detail: detailOf(check),
    })),
  };
  return JSON.stringify(summary, null, 2);
}

function isBroken({ outcome }: GoldCheck): boolean {
  return outcome === "error" || outcome === "timeout";
}

function idOf({ example }: GoldCheck): string {
  return example.id;
}

function countsTable({ byDatabase, counts }: GoldReport, style: Style): string {
  const columns: (keyof GoldCounts)[] = ["total", "rows", "empty", "error", "timeout", "found"];
  const rows = [...byDatabase, ["total", counts] as const].map(([name, each]) => [
    name,
    ...columns.map((column) => String(each[column])),
  ]);
  const headings = columns.map((column) => column === "total" ? "examples" : column);
  return table(
    [{ heading: "database" }, ...headings.map((heading) => ({ heading, align: "right" }) as const)],
    rows,
    style,
  );
}

function reasonsTable({ byReason }: GoldReport, style: Style): string {
  return table(
    [{ heading: "reason" }, { heading: "gold SQL", align: "right" }, { heading: "what it does" }],
    Array.from(byReason, ([reason, count]) => [reason, String(count), REASONS[reason]]),
    style,
  );
}
