/**
 * The report as one page.
 *
 * @module
 */

import { breakdownsSection } from "./breakdowns.ts";
import { looksOf } from "./chart.ts";
import { curvesSection } from "./curves.ts";
import { headlineSection } from "./headline.ts";
import { countText } from "./numbers.ts";
import { pageHtml } from "./page.ts";
import { questionsSection } from "./questions/mod.ts";
import { type Report, UNTRAINED, variantsOf } from "./report.ts";
import { planeSection, resultsSection } from "./results.ts";
import { runsSection } from "./runs.ts";
import type { Section } from "./section.ts";

/**
 * The whole file.
 *
 * @param more Sections to show after the questions, where there are any: of trajectories.
 * @throws {RangeError} If the report has no exam.
 */
export async function reportPage(
  report: Report,
  more: readonly (Section | null)[] = [],
): Promise<string> {
  const { exams, trainings, runs, board } = report;
  if (exams.length === 0) {
    throw new RangeError("Cannot make a report as it must have an evaluation: there is none");
  }
  // One look for each name on the whole page.
  const looks = looksOf(variantsOf(report));
  const sections = [
    headlineSection(exams),
    resultsSection(exams, board),
    await curvesSection(trainings, looks),
    await planeSection(exams, looks),
    breakdownsSection(exams),
    questionsSection(report),
    ...more,
    runsSection(runs),
  ];
  return pageHtml(
    { title: titleOf(report), summary: summaryOf(report) },
    sections.filter((section) => section !== null),
  );
}

function titleOf(report: Report): string {
  const all = variantsOf(report);
  const trained = all.filter((name) => name !== UNTRAINED);
  const variants = trained.length > 0 ? trained : all;
  return variants.length > 4
    ? `${variants[0]} against ${variants.length - 1} others`
    : variants.length > 1
    ? `${variants[0]} against ${variants.slice(1).join(", ")}`
    : variants[0];
}

function summaryOf({ exams, runs }: Report): string {
  const last = runs.map(({ started }) => started).sort().at(-1)!.slice(0, 10);
  const asked = exams.map(({ name, n }) => `${name} (${countText(n, "question")})`);
  return `${countText(runs.length, "run")} up to ${last}, evaluated on ${asked.join("; ")}.`;
}
