/**
 * Why answers were not right, so that a 0 never hides a failure of the harness.
 *
 * @module
 */

import { type Outcome, OUTCOMES, type Verdict } from "../evaluation/verdict.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** What each outcome says, for people. */
export const OUTCOME_MEANINGS: Readonly<Record<Exclude<Outcome, "right">, string>> = {
  wrong_rows: "other rows than the gold SQL",
  wrong_columns: "other columns than the gold SQL",
  execution_error: "SQLite refuses the SQL",
  timeout: "over the time limit",
  refused: "not one read-only statement",
  too_large: "over a limit of the sandbox",
  format: "the last message broke the format",
  no_answer: "no answer",
  gold_failed: "the gold SQL failed: no answer could be right",
  environment: "a worker died: says nothing of the answer",
};

/** A row for each outcome that occurs, with a question to look at; empty where all is right. */
export function outcomeTable(verdicts: readonly Verdict[], style: Style): string {
  const byOutcome = Map.groupBy(verdicts, ({ outcome }) => outcome);
  const rows = OUTCOMES.flatMap((outcome) => {
    if (outcome === "right" || !byOutcome.has(outcome)) return [];
    const group = byOutcome.get(outcome)!;
    const share = (100 * group.length / verdicts.length).toFixed(1);
    return [[outcome, OUTCOME_MEANINGS[outcome], String(group.length), share, group[0].exampleId]];
  });
  if (rows.length === 0) return "";
  return table(
    [
      { heading: "not right" },
      { heading: "because" },
      { heading: "n", align: "right" },
      { heading: "%", align: "right" },
      { heading: "for instance", align: "right" },
    ],
    rows,
    style,
  );
}
