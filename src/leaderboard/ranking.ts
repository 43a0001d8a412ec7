/**
 * The rows of a board by exam, the best first. Rows of different exams are never ranked together.
 *
 * @module
 */

import { canonicalSha256 } from "./canonical.ts";
import type { Exam, Leaderboard, Row } from "./schema.ts";

/** A row with its place. */
export interface RankedRow {
  /** From 1; rows of equal EX share it. */
  readonly rank: number;
  readonly row: Row;
}

/** All rows of one exam. */
export interface ExamRanking {
  /** SHA-256 of the exam. */
  readonly key: string;
  readonly exam: Exam;
  /** By EX, then by fewer redundant tool calls, then in the order in which they were added. */
  readonly rows: readonly RankedRow[];
}

/** The exams in the order in which they came to the board. */
export function rankings({ rows }: Pick<Leaderboard, "rows">): ExamRanking[] {
  const byExam = Map.groupBy(rows, ({ exam }) => canonicalSha256(exam));
  return Array.from(byExam, ([key, some]) => ({ key, exam: some[0].exam, rows: ranked(some) }));
}

function ranked(rows: readonly Row[]): RankedRow[] {
  return rows
    .toSorted((a, b) => ex(b) - ex(a) || redundancy(a) - redundancy(b))
    .map((row) => ({ rank: 1 + rows.filter((other) => ex(other) > ex(row)).length, row }));
}

function ex({ measures }: Row): number {
  return measures.ex?.value ?? 0;
}

function redundancy({ measures }: Row): number {
  return measures.redundant_tool_calls?.value ?? 0;
}
