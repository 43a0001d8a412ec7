/**
 * The soft reward: how much of the gold result a step's result holds.
 *
 * Cells are equal as in BIRD's EX (the integer 1 is the real 1.0); NULL is a value as any other.
 * Results are compared in full, never as the shortened text that the policy was shown.
 *
 * @module
 */

import type { SqlResult, SqlRows } from "../sandbox/result_set.ts";
import { isSameResult } from "../sandbox/same_result.ts";
import { cellKey, rowKey, sameRows } from "../sandbox/same_rows.ts";
import type { RewardOptions } from "./options.ts";

/** Share of gold among the results of one step, in [0, 1]. */
export type Recall = (result: SqlResult | null) => number;

/** CSMR's worth of matching columns when the rows do not match (SQL-ASTRA). */
const CSMR_ALPHA = 0.8;

/** Bound of the recall of a wrong result under `recallGuard: "cap"`. */
const RECALL_CAP = 0.8;

/** Under `recallGuard: "rowFactor"` a result may have this many times the gold's rows, … */
const ROW_FACTOR = 20;

/** … but a gold of fewer rows counts as this many. */
const ROW_FLOOR = 5;

const MEASURES: Record<RewardOptions["recall"], (gold: SqlRows) => (result: SqlRows) => number> = {
  cell: cellRecall,
  column: columnRecall,
  tuple: tupleRecall,
  csmr: columnSetMatching,
};

/**
 * Makes the recall of a gold result G, for the results P of the steps of one episode:
 *
 * - `cell`: `|cells(P) ∩ cells(G)| / |cells(G)|` as sets (QATCH's cell recall)
 * - `column`: share of G's columns whose set of values some column of P includes
 * - `tuple`: `|rows(P) ∩ rows(G)| / |rows(G)|` as sets
 * - `csmr`: 1 if the sets of rows are equal, else `0.8 M^2 / (N_G N_P)`, M columns with equal sets of
 *   values (SQL-ASTRA; not a recall)
 *
 * An empty gold is recalled by an empty result only. A failure recalls nothing, nor is there
 * anything to recall of a gold that failed. What was found for a result is remembered, for those who score
 * an episode after each step.
 *
 * @example A broad query recalls all
 * ```ts
 * import assert from "node:assert/strict";
 * import { makeRecall } from "./recall.ts";
 *
 * const rows = (...rows: bigint[][]) =>
 *   ({ kind: "rows", columns: ["a"], rows, truncated: false, elapsedMs: 0 }) as const;
 * const recall = makeRecall(rows([1n], [2n]), { recall: "cell", recallGuard: "none" });
 * assert.equal(recall(rows([1n])), 0.5);
 * assert.equal(recall(rows([1n], [2n], [3n], [4n])), 1);
 * ```
 */
export function makeRecall(
  gold: SqlResult,
  options: Pick<RewardOptions, "recall" | "recallGuard">,
): Recall {
  if (gold.kind !== "rows") return () => 0;
  const measure = gold.rows.length === 0 ? emptyRecall : MEASURES[options.recall](gold);
  const guard = GUARDS[options.recallGuard];
  const known = new WeakMap<SqlRows, number>();
  return (result) => {
    if (result?.kind !== "rows") return 0;
    const recall = known.get(result) ?? guard(measure(result), result, gold);
    known.set(result, recall);
    return recall;
  };
}

const GUARDS: Record<
  RewardOptions["recallGuard"],
  (recall: number, result: SqlRows, gold: SqlRows) => number
> = {
  none: (recall) => recall,
  rowFactor: (recall, result, gold) =>
    result.rows.length > ROW_FACTOR * Math.max(gold.rows.length, ROW_FLOOR) ? 0 : recall,
  cap: (recall, result, gold) =>
    recall > RECALL_CAP && !isSameResult(result, gold) ? RECALL_CAP : recall,
};

function emptyRecall(result: SqlRows): number {
  return result.rows.length === 0 ? 1 : 0;
}

function cellRecall(gold: SqlRows): (result: SqlRows) => number {
  const goldCells = cellSet(gold);
  return (result) => goldCells.intersection(cellSet(result)).size / goldCells.size;
}

function cellSet({ rows }: SqlRows): Set<string> {
  const cells = new Set<string>();
  for (const row of rows) for (const cell of row) cells.add(cellKey(cell));
  return cells;
}

function tupleRecall(gold: SqlRows): (result: SqlRows) => number {
  const goldRows = new Set(gold.rows.map(rowKey));
  return ({ rows }) => goldRows.intersection(new Set(rows.map(rowKey))).size / goldRows.size;
}

function columnRecall(gold: SqlRows): (result: SqlRows) => number {
  const goldColumns = columnSets(gold);
  return (result) => {
    const columns = columnSets(result);
    const recalled = goldColumns.filter((goldColumn) =>
      columns.some((column) => goldColumn.isSubsetOf(column))
    );
    return recalled.length / goldColumns.length;
  };
}

function columnSetMatching(gold: SqlRows): (result: SqlRows) => number {
  const goldColumns = columnSets(gold);
  return (result) => {
    if (sameRows(result.rows, gold.rows)) return 1;
    const columns = columnSets(result);
    const matches = matchedColumns(goldColumns, columns);
    // Some PRAGMAs give a result without columns.
    if (matches === 0) return 0;
    return CSMR_ALPHA * matches ** 2 / (goldColumns.length * columns.length);
  };
}

/** Pairs of columns with equal sets of values; each column is in one pair at most. */
function matchedColumns(goldColumns: Set<string>[], columns: Set<string>[]): number {
  const unmatched = [...columns];
  for (const goldColumn of goldColumns) {
    const match = unmatched.findIndex((column) =>
      column.size === goldColumn.size && column.isSubsetOf(goldColumn)
    );
    if (match >= 0) unmatched.splice(match, 1);
  }
  return columns.length - unmatched.length;
}

/** The set of values of each column, by position. */
function columnSets({ columns, rows }: SqlRows): Set<string>[] {
  return columns.map((_, c) => new Set(rows.map((row) => cellKey(row[c]))));
}
