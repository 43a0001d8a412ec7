/**
 * What each algorithm reached: a table for each exam, and EX against redundant calls as a chart.
 *
 * @module
 */

import type { MeasureName } from "../evaluation/summary.ts";
import { type ExamRanking, rankings } from "../leaderboard/ranking.ts";
import type { Leaderboard } from "../leaderboard/schema.ts";
import { examName } from "../reports/leaderboard_table.ts";
import { measureOf } from "../reports/measures.ts";
import { type Chart, figureHtml, legendHtml, scalesOf, type SeriesLook } from "./chart.ts";
import { type Cell, detailsHtml, html, paragraphHtml, tableHtml } from "./markup.ts";
import { countText, estimateHtml, numberText } from "./numbers.ts";
import { type Attempted, byVariant, type Exam } from "./report.ts";
import { escapeHtml, type Section } from "./section.ts";
import { boundedOver, meanOver, measureIn } from "./seeds.ts";

const SHOWN: readonly MeasureName[] = [
  "ex",
  // Beside EX always: each can be had at the other's cost.
  "redundant_tool_calls",
  "tool_calls",
  "soft_f1",
  "failed_tool_calls",
  "format_violations",
];

/** Digits of a commit that tell it apart, and leave the table its room. */
const COMMIT_DIGITS = 7;

/**
 * Tables of all exams, the highest EX first.
 *
 * @param board What was published before; without rows there are no tables of it.
 */
export function resultsSection(exams: readonly Exam[], board: Leaderboard): Section {
  return {
    id: "leaderboard",
    title: "Leaderboard",
    html: [
      paragraphHtml(
        "Each row is an algorithm: the mean over the policies of its seeds, ± their standard deviation, and in " +
          "brackets the 95 % interval: Student's over seeds, or over questions where there is one seed.",
      ),
      ...exams.map(examTable),
      ...board.rows.length === 0 ? [] : [
        "<h3>Published</h3>",
        paragraphHtml(
          "The rows of the leaderboard's file, made by these or other runs. Rows of one table can be compared.",
        ),
        ...rankings(board).map(publishedTable),
      ],
    ].join("\n"),
  };
}

function examTable(exam: Exam): string {
  const ranked = [...byVariant(exam)]
    .sort(([, a], [, b]) => meanOver("ex", b).mean - meanOver("ex", a).mean);
  const rows = ranked.map(([variant, runs]) => [
    variant,
    ...SHOWN.map((name) => measureCell(name, runs)),
    String(runs.length),
  ]);
  const columns = [
    { heading: "algorithm" },
    ...SHOWN.map((name) => ({ heading: headingOf(name), isNumber: true, hint: HINTS[name] })),
    { heading: "seeds", isNumber: true },
  ];
  return tableHtml(`${exam.name}, ${countText(exam.n, "question")}`, columns, rows);
}

/** Published rows of one exam; a row has the measures that its program knew. */
function publishedTable({ rows }: ExamRanking): string {
  const { row: first } = rows[0];
  const columns = [
    { heading: "system" },
    { heading: "#", isNumber: true, hint: "rank by EX" },
    ...SHOWN.map((name) => ({ heading: headingOf(name), isNumber: true, hint: HINTS[name] })),
    { heading: "seeds", isNumber: true },
    { heading: "commit" },
  ];
  return tableHtml(
    `${examName(first)}, ${countText(first.exam.questions.evaluated, "question")}`,
    columns,
    rows.map(({ rank, row }) => [
      row.name,
      String(rank),
      ...SHOWN.map((name) => row.measures[name] ? estimateHtml(name, row.measures[name]) : ""),
      String(row.runs.length),
      row.commit?.slice(0, COMMIT_DIGITS) ?? "",
    ]),
  );
}

const HINTS: Partial<Record<MeasureName, string>> = {
  ex: "execution accuracy: answers whose rows are those of the gold SQL; higher is better",
  soft_f1: "BIRD's Soft-F1: how much of the gold rows' cells the answer has; higher is better",
  redundant_tool_calls:
    "tool calls that could have been left out, over tool calls; lower is better",
  tool_calls: "over questions",
  failed_tool_calls: "tool calls that failed or timed out, over tool calls",
  format_violations: "messages that break the format, over messages",
};

function headingOf(name: MeasureName): string {
  const { label, isRate } = measureOf(name);
  return isRate ? `${label}, %` : label;
}

function measureCell(name: MeasureName, runs: readonly Attempted[]): Cell {
  const { sd } = meanOver(name, runs);
  const { value, low, high } = boundedOver(name, runs);
  const spread = sd === null ? "" : ` ± ${numberText(name, sd)}`;
  const isShort = name !== "ex" && name !== "redundant_tool_calls";
  const interval = isShort || low === null ? "" : estimateHtml(name, { value, low, high }).html
    .slice(numberText(name, value).length);
  return html(`${escapeHtml(numberText(name, value) + spread)}${interval}`);
}

/** A chart for each exam in which tools were called; null where none was. */
export async function planeSection(
  exams: readonly Exam[],
  looks: readonly SeriesLook[],
): Promise<Section | null> {
  const used = exams.filter(({ attempted }) =>
    attempted.some((one) => measureIn("tool_calls", one).value > 0)
  );
  if (used.length === 0) return null;
  const shown = new Set(used.flatMap(({ attempted }) => attempted).map(({ variant }) => variant));
  const figures = await Promise.all(used.map((exam) => figureHtml(planeChart(exam, looks))));
  return {
    id: "plane",
    title: "EX against redundant calls",
    html: [
      paragraphHtml(
        "One point is one policy (one seed); its cross is the 95 % interval over questions. Better is up and to " +
          "the left. A policy that calls no tool has no redundant call: read both axes, and the calls in the table.",
      ),
      legendHtml(looks.filter(({ name }) => shown.has(name))),
      `<div class="figures">${figures.join("")}</div>`,
      detailsHtml("The numbers of the points", used.map(planeTable).join("")),
    ].join("\n"),
  };
}

function planeChart({ name, attempted }: Exam, looks: readonly SeriesLook[]): Chart {
  const values = attempted.map((one) => {
    const [ex, rtr] = [measureIn("ex", one), measureIn("redundant_tool_calls", one)];
    const percent = (value: number | null) => value === null ? null : 100 * value;
    return {
      variant: one.variant,
      ...{ ex: percent(ex.value), exLow: percent(ex.low), exHigh: percent(ex.high) },
      ...{ rtr: percent(rtr.value), rtrLow: percent(rtr.low), rtrHigh: percent(rtr.high) },
    };
  });
  const axis = (field: string, title: string, zero: boolean) => ({
    field,
    type: "quantitative",
    title,
    scale: { zero, nice: true, padding: 4 },
    axis: { tickCount: 5 },
  });
  const x = (field: string) => axis(field, "redundant tool calls, %", true);
  const y = (field: string) => axis(field, "EX, %", false);
  const { color, shape } = scalesOf(looks);
  const of = (scale: object) => ({ field: "variant", type: "nominal", ...scale });
  const rule = { type: "rule", strokeWidth: 1, opacity: 0.45 };
  return {
    title: name,
    description:
      "redundant tool calls from left to right, EX upward; the table below has the numbers",
    spec: {
      width: 290,
      height: 230,
      data: { values },
      layer: [
        {
          mark: rule,
          encoding: { x: x("rtr"), y: y("exLow"), y2: { field: "exHigh" }, color: of(color) },
        },
        {
          mark: rule,
          encoding: { y: y("ex"), x: x("rtrLow"), x2: { field: "rtrHigh" }, color: of(color) },
        },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1 },
          encoding: { x: x("rtr"), y: y("ex"), color: of(color), shape: of(shape) },
        },
      ],
    } as unknown as Chart["spec"],
  };
}

function planeTable(exam: Exam): string {
  const rows = [...byVariant(exam)].flatMap(([variant, runs]) =>
    runs.map((run) => [
      variant,
      String(run.seed),
      String(run.runId),
      ...(["ex", "redundant_tool_calls", "tool_calls"] as const)
        .map((name) => estimateHtml(name, measureIn(name, run))),
    ])
  );
  const number = (heading: string) => ({ heading, isNumber: true });
  return tableHtml(exam.name, [
    { heading: "algorithm" },
    ...["seed", "run", "EX, %", "redundant tool calls, %", "tool calls per question"].map(number),
  ], rows);
}
