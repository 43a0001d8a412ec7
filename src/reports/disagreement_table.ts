/**
 * Where strict EX and BIRD's EX say different things of an answer, and why.
 *
 * @module
 */

import type { Disagreements } from "../evaluation/breakdown.ts";
import type { Disagreement } from "../evaluation/verdict.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

const REASONS: Readonly<Record<Exclude<Disagreement, "same">, string>> = {
  duplicates: "rows repeat otherwise",
  order: "rows in another order",
  float_tolerance: "reals differ by rounding",
};

/** Questions shown for a reason. */
const SHOWN = 10;

/** A row for each reason with its first questions; empty where the two agree. */
export function disagreementTable({ rows }: Disagreements, style: Style): string {
  const byReason = Map.groupBy(rows, ({ reason }) => reason);
  const lines = Object.entries(REASONS).flatMap(([reason, text]) => {
    const group = byReason.get(reason as Disagreement);
    if (!group) return [];
    return [[
      text,
      group[0].isCorrect ? "EX" : "strict EX",
      String(group.length),
      questions(group.map(({ exampleId }) => exampleId)),
    ]];
  });
  if (lines.length === 0) return "";
  return table(
    [
      { heading: "EX and strict EX differ" },
      { heading: "right by" },
      { heading: "n", align: "right" },
      { heading: "questions" },
    ],
    lines,
    style,
  );
}

function questions(ids: readonly string[]): string {
  const more = ids.length - SHOWN;
  return ids.slice(0, SHOWN).join(" ") + (more > 0 ? ` and ${more} more` : "");
}
