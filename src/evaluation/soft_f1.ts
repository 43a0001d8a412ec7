/**
 * Soft-F1: how much of the gold's cells a prediction has, row by row, as BIRD's official code computes
 * it (bird-bench/mini_dev `evaluation_f1.py`), from results that were fetched before.
 *
 * Its oddities are kept: rows are paired by place, so their order counts; the order of columns does
 * not; and a row may match more than once, so that `(1, 1)` has all of `(1)`.
 *
 * @module
 */

import type { SqlResult, SqlRow } from "../sandbox/result_set.ts";
import { comparableRows } from "../sandbox/same_result.ts";
import { cellKey, rowKey, sameSequence } from "../sandbox/same_rows.ts";

/**
 * BIRD's Soft-F1 of a prediction. Duplicates of rows are dropped, the rest are paired by place. A pair
 * adds, each over the gold row's width, its predicted cells that the gold row has to the true
 * positives, its other predicted cells to the false positives, and the gold's cells that the predicted
 * row lacks to the false negatives. A row without partner adds 1 to the side that it is on.
 *
 * @example The order of rows counts, the order of columns does not
 * ```ts
 * import assert from "node:assert/strict";
 * import { softF1 } from "./soft_f1.ts";
 *
 * const result = (rows: bigint[][]) => ({
 *   kind: "rows", columns: ["a", "b"], rows, truncated: false, elapsedMs: 1,
 * } as const);
 * const gold = result([[1n, 2n], [3n, 4n]]);
 * assert.equal(softF1(result([[3n, 4n], [1n, 2n]]), gold), 0);
 * assert.equal(softF1(result([[2n, 1n], [4n, 3n]]), gold), 1);
 * ```
 *
 * @param predicted Result of the predicted SQL; null when there was no answer.
 * @returns 0 to 1; 1 where both are empty, 0 where either gave no whole result.
 */
export function softF1(predicted: SqlResult | null, gold: SqlResult): number {
  const [ofPredicted, ofGold] = [comparableRows(predicted), comparableRows(gold)];
  if (ofPredicted === null || ofGold === null) return 0;
  // Every cell has its own: the formula gives exactly 1, also for two empty results.
  if (sameSequence(ofPredicted, ofGold)) return 1;
  return rowsF1(distinct(ofPredicted), distinct(ofGold));
}

function rowsF1(predicted: readonly SqlRow[], gold: readonly SqlRow[]): number {
  const pairCount = Math.min(predicted.length, gold.length);
  let truePositives = 0;
  let falsePositives = predicted.length - pairCount;
  let falseNegatives = gold.length - pairCount;
  for (let i = 0; i < pairCount; i++) {
    const [its, others] = [predicted[i].map(cellKey), gold[i].map(cellKey)];
    const width = others.length;
    const matched = countIn(its, new Set(others));
    truePositives += matched / width;
    falsePositives += (its.length - matched) / width;
    falseNegatives += (width - countIn(others, new Set(its))) / width;
  }
  const precision = ratio(truePositives, truePositives + falsePositives);
  const recall = ratio(truePositives, truePositives + falseNegatives);
  return ratio(2 * precision * recall, precision + recall);
}

/** Rows without repetitions, in order of first occurrence. */
function distinct(rows: readonly SqlRow[]): SqlRow[] {
  const seen = new Set<string>();
  return rows.filter((row) => seen.size < seen.add(rowKey(row)).size);
}

function countIn(keys: readonly string[], known: ReadonlySet<string>): number {
  return keys.filter((key) => known.has(key)).length;
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
