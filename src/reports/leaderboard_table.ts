/**
 * The leaderboard as tables, one for each exam.
 *
 * @module
 */

import { SHOWN_DIGITS } from "../leaderboard/board.ts";
import { type ExamRanking, type RankedRow, rankings } from "../leaderboard/ranking.ts";
import type { Exam, Leaderboard, Row } from "../leaderboard/schema.ts";
import { firstDifference } from "../store/identity.ts";
import { estimateText, measureOf } from "./measures.ts";
import type { Style } from "./style.ts";
import { table, type TableColumn } from "./table.ts";

interface Column extends TableColumn {
  /** Columns of a higher number are left out first where there is no room; 0 is always there. */
  readonly order: number;
  readonly cell: (ranked: RankedRow, style: Style) => string;
}

/** Characters of a name that a table on a terminal shows. */
const NAME_WIDTH = 30;

const COLUMNS: readonly Column[] = [
  { heading: "#", align: "right", order: 0, cell: ({ rank }) => String(rank) },
  { heading: "system", order: 0, cell: ({ row }, { markdown }) => markdown ? row.name : cut(row) },
  measure("ex", 0),
  {
    heading: "EX, sd\nover seeds",
    align: "right",
    order: 6,
    cell: ({ row: { measures: { ex } } }) => ex.overSeeds ? (100 * ex.overSeeds.sd).toFixed(1) : "",
  },
  // Beside EX always: each can be had at the other's cost.
  measure("redundant_tool_calls", 0),
  measure("tool_calls", 3),
  measure("sound_ex", 4),
  measure("strict_ex", 5),
  measure("soft_f1", 9),
  measure("failed_tool_calls", 8),
  measure("format_violations", 10),
  { heading: "seeds", align: "right", order: 1, cell: ({ row }) => String(row.runs.length) },
  { heading: "commit", order: 7, cell: ({ row }) => row.commit ?? "" },
  { heading: "date", order: 11, cell: ({ row }) => row.date.slice(0, 10) },
  { heading: "row", order: 2, cell: ({ row }) => row.id.slice(0, SHOWN_DIGITS) },
];

/**
 * A heading, what the exam is, and a table for each exam.
 *
 * @param width Columns that there is room for; the less important ones of a table are left out to fit.
 */
export function leaderboardTables(board: Leaderboard, style: Style, width = Infinity): string {
  if (board.rows.length === 0) {
    return "The leaderboard has no rows yet: finestep leaderboard add RUN";
  }
  const exams = rankings(board);
  return exams.map((ranking, place) =>
    [
      heading(ranking, style),
      ...style.markdown ? [""] : [],
      lines(facts(ranking, exams.slice(0, place)), width),
      ...style.markdown ? [""] : [],
      examTable(ranking, style, width),
    ].join("\n")
  ).join("\n\n");
}

/** What was asked and how, for instance `minibird dev, greedy`. */
export function examName({ dataSet, exam }: Row): string {
  const { temperature, samples } = exam;
  const attempts = samples === 1 ? "" : `, ${samples} attempts each`;
  const how = exam.prompt === null
    ? "answers from a file"
    : temperature === 0
    ? "greedy"
    : `temperature ${temperature}`;
  return `${dataSet} ${exam.dataSet.split}, ${how}${attempts}`;
}

function heading({ rows: [{ row }] }: ExamRanking, { markdown }: Style): string {
  return markdown ? `### ${examName(row)}` : `${examName(row)}:`;
}

/** What the numbers depend on; where an exam before has the same name, also what sets them apart. */
function facts(
  { key, exam, rows: [{ row }] }: ExamRanking,
  before: readonly ExamRanking[],
): string[] {
  const { questions, dataSet, quarantine, limits, sqlite, now } = exam;
  const twin = before.find(({ rows }) => examName(rows[0].row) === examName(row));
  return [
    `exam ${short(key)}`,
    `${questions.evaluated} of ${questions.total} questions`,
    `data ${short(dataSet.questionsSha256)} ${short(dataSet.databasesSha256)}`,
    ...quarantine ? [`${quarantine.quarantined} quarantined by ${quarantine.version}`] : [],
    ...exam.prompt ? [`prompt ${exam.prompt.template} ${short(exam.prompt.sha256)}`] : [],
    `${limits.maxTurns} turns`,
    `SQLite ${sqlite}`,
    `clock ${now}`,
    ...twin ? [`apart from exam ${short(twin.key)} by ${differingField(twin.exam, exam)}`] : [],
  ];
}

function differingField(before: Exam, after: Exam): string {
  return firstDifference(before, after)!.split(":")[0];
}

/** Parts with commas between them, in lines of at most `width` characters where the parts allow. */
function lines(parts: readonly string[], width: number): string {
  return parts.reduce((text, part) => {
    const last = text.slice(text.lastIndexOf("\n") + 1);
    return `${text},${last.length + part.length + 3 > width ? "\n" : " "}${part}`;
  });
}

function examTable({ rows }: ExamRanking, style: Style, width: number): string {
  const filled = COLUMNS.filter(({ cell }) => rows.some((ranked) => cell(ranked, style) !== ""));
  // First with all columns, then without the least important ones.
  const limits = filled.map(({ order }) => order).toSorted((a, b) => b - a);
  const tables = limits.map((limit) =>
    rendered(filled.filter(({ order }) => order <= limit), rows, style)
  );
  return tables.find((text) => text.indexOf("\n") <= width) ?? tables.at(-1)!;
}

function rendered(columns: readonly Column[], rows: readonly RankedRow[], style: Style): string {
  const headings = columns.map(({ heading, ...column }) => ({
    ...column,
    heading: style.markdown ? heading.replace("\n", " ") : heading,
  }));
  return table(headings, rows.map((row) => columns.map(({ cell }) => cell(row, style))), style);
}

/** A column of a measure; where no row has it, there is none. */
function measure(name: string, order: number): Column {
  const { label, isRate } = measureOf(name);
  return {
    heading: inTwoLines(isRate ? `${label}, %` : label),
    align: "right",
    order,
    cell: ({ row: { measures } }, style) =>
      Object.hasOwn(measures, name) ? estimateText(name, measures[name], style) : "",
  };
}

/** A long heading, broken at the space that is nearest to its middle. */
function inTwoLines(heading: string): string {
  if (heading.length <= 14) return heading;
  const offCenter = (place: number) => Math.abs(place - heading.length / 2);
  const [{ index }] = [...heading.matchAll(/ /g)]
    .toSorted((a, b) => offCenter(a.index) - offCenter(b.index));
  return `${heading.slice(0, index)}\n${heading.slice(index + 1)}`;
}

function cut({ name }: Row): string {
  return name.length <= NAME_WIDTH ? name : `${name.slice(0, NAME_WIDTH - 3)}...`;
}

function short(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
}
