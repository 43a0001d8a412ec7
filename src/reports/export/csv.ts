/**
 * Verdicts as CSV (RFC 4180): a header, then one question a row.
 *
 * Column names are BIRD's where BIRD has one, so that a row joins with its question. Cells are left as
 * they are, also those that a spreadsheet would take for a formula: SQL may begin with `-` or `=`, and a
 * changed answer is another answer. Import the file as text where answers are not trusted.
 *
 * @module
 */

import type { Verdict } from "../../evaluation/verdict.ts";
import type { ExportedRun } from "../exported_run.ts";

type Cell = string | number | null;

const COLUMNS: Readonly<Record<string, (verdict: Verdict) => Cell>> = {
  question_id: ({ exampleId }) => exampleId,
  db_id: ({ databaseId }) => databaseId,
  difficulty: ({ difficulty }) => difficulty,
  seed: ({ seed }) => seed,
  outcome: ({ outcome }) => outcome,
  ex: ({ isCorrect }) => Number(isCorrect),
  strict_ex: ({ isStrictlyCorrect }) => Number(isStrictlyCorrect),
  disagreement: ({ disagreement }) => disagreement,
  soft_f1: ({ softF1 }) => softF1,
  r_ves_reward: ({ rVesReward }) => rVesReward,
  message: ({ message }) => message,
  features: ({ features }) => features.join(" "),
  tool_calls: ({ calls }) => calls.length,
  redundant_tool_calls: ({ calls }) => calls.filter(({ category }) => category !== null).length,
  failed_tool_calls: ({ calls }) => calls.filter(({ hasFailed }) => hasFailed).length,
  messages: ({ messageCount }) => messageCount,
  format_violations: ({ violationCount }) => violationCount,
  stop_reason: ({ stopReason }) => stopReason,
  predicted_ms: ({ predictedMs }) => predictedMs,
  gold_ms: ({ goldMs }) => goldMs,
  predicted_sql: ({ predictedSql }) => predictedSql,
  gold_sql: ({ goldSql }) => goldSql,
};

/** The names in the header, in order. */
export const CSV_COLUMNS: readonly string[] = Object.keys(COLUMNS);

/** Lines end in CR LF, as RFC 4180 says; null is an empty cell. */
export function csv({ verdicts }: Pick<ExportedRun, "verdicts">): string {
  const rows = verdicts.map((verdict) => Object.values(COLUMNS).map((cell) => cell(verdict)));
  return [CSV_COLUMNS, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(cell: Cell): string {
  const text = String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
