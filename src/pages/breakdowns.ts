/**
 * EX by what questions are and how policies went about them, algorithm beside algorithm, and why
 * answers were not right.
 *
 * @module
 */

import { breakdown, type Count } from "../evaluation/breakdown.ts";
import type { Share } from "../evaluation/execution_accuracy.ts";
import type { RedundancyCategory } from "../evaluation/redundancy.ts";
import { OUTCOMES } from "../evaluation/verdict.ts";
import { dimensions } from "../reports/breakdown_table.ts";
import { CLASS_NAMES } from "../reports/measures.ts";
import { OUTCOME_MEANINGS } from "../reports/outcome_table.ts";
import { type Cell, detailsHtml, html, paragraphHtml, tableHtml } from "./markup.ts";
import { intervalText, numberText } from "./numbers.ts";
import { byVariant, type Exam } from "./report.ts";
import { escapeHtml, type Section } from "./section.ts";

/** Every way to group, exam by exam; the first exam is open. */
export function breakdownsSection(exams: readonly Exam[]): Section {
  const parts = exams.map((exam, index) =>
    index === 0
      ? `<h3>${escapeHtml(exam.name)}</h3>${examTables(exam)}`
      : detailsHtml(exam.name, examTables(exam))
  );
  return {
    id: "breakdowns",
    title: "Which questions are answered",
    html: [
      paragraphHtml(
        "Below each number are its 95 % interval (Wilson's) and the answers it rests on, all seeds together. " +
          "The intervals take answers as independent: with several seeds or attempts they are too narrow.",
      ),
      ...parts,
    ].join("\n"),
  };
}

function examTables(exam: Exam): string {
  const found = Array.from(byVariant(exam), ([variant, runs]) => {
    const broken = breakdown(runs.flatMap(({ verdicts }) => verdicts));
    return { variant, dimensions: dimensions(broken), outcomes: broken.outcomes };
  });
  const columns = found.map(({ variant }) => ({ heading: variant, isNumber: true }));
  const ofDimensions = found[0].dimensions.flatMap(({ name, label }, index) => {
    const scores = found.map(({ dimensions }) => new Map(dimensions[index].groups));
    const groups = unionOf(scores);
    if (groups.length < 2) return [];
    const rows = groups.map((group) => {
      const shares = scores.map((some) => shareCell(some.get(group)));
      return [groupName(name, group), ...shares];
    });
    const caption = name === "feature" ? "what the gold SQL has" : label;
    return [tableHtml(`EX by ${caption}, %`, [{ heading: label }, ...columns], rows)];
  });
  const outcomes = found.map(({ outcomes }) => outcomes);
  return [...ofDimensions, outcomesTable(outcomes, columns)].join("\n");
}

/** `R1` as `R1 exact duplicate`; other groups have telling names. */
function groupName(dimension: string, group: string): string {
  const isClass = dimension === "redundancy" && group !== "none";
  return isClass ? `${group} ${CLASS_NAMES[group as RedundancyCategory]}` : group;
}

function outcomesTable(
  outcomes: readonly ReadonlyMap<string, Count>[],
  columns: readonly { heading: string; isNumber: boolean }[],
): string {
  const rows = OUTCOMES.filter((outcome) => outcomes.some((some) => some.has(outcome)))
    .map((outcome) => [
      outcome === "right" ? "right" : OUTCOME_MEANINGS[outcome],
      ...outcomes.map((some) => shareCell(some.get(outcome))),
    ]);
  return tableHtml("How answers came out, %", [{ heading: "outcome" }, ...columns], rows);
}

/** Groups of all, numbers by size and others in the order in which they first come. */
function unionOf(maps: readonly ReadonlyMap<string, unknown>[]): string[] {
  const groups = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  return groups.every((group) => /^\d+$/.test(group))
    ? groups.sort((a, b) => Number(a) - Number(b))
    : groups;
}

/** A share with its interval and count below it; a dash where there is nothing. */
function shareCell(share: Share | undefined): Cell {
  if (!share) return "\u2013";
  const { percent, low, high, n } = share;
  return html(
    `${numberText("ex", percent / 100)} <span class="interval">${
      intervalText("ex", low / 100, high / 100)
    }, n ${n}</span>`,
  );
}
