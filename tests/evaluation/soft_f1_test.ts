import assert from "finestep/assert";
import fc from "fast-check";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import { softF1 } from "../../src/evaluation/soft_f1.ts";
import type { SqlRow, SqlValue } from "../../src/sandbox/result_set.ts";
import { columnOf, INCOMPARABLE, rowsOf } from "./results.ts";

// Made by calculate_f1_score() and calculate_ex() of bird-bench/mini_dev @4d970a9. The last is the example
// of its README, whose text says 0.8.
const OFFICIAL: readonly (readonly [SqlRow[], SqlRow[], number, 0 | 1])[] = [
  [[[3n, 4n], [1n, 2n]], [[1n, 2n], [3n, 4n]], 0, 1],
  [[[2n, 1n], [4n, 3n]], [[1n, 2n], [3n, 4n]], 1, 0],
  [[[1n], [2n], [3n]], [[1n], [2n]], 0.8, 0],
  [[[1n]], [[1n], [2n]], 2 / 3, 0],
  [[[1n, 9n], [2n, 9n]], [[1n], [2n]], 2 / 3, 0],
  [[[1n, 1n]], [[1n]], 1, 0],
  [[], [[1n]], 0, 0],
  [[[1.0]], [[1n]], 1, 1],
  [
    [["Apple", 325n], ["Orange", 191n], ["Banana", null]],
    [["Apple", 325n], ["Orange", null], ["Banana", 119n]],
    2 / 3,
    0,
  ],
];

Deno.test("softF1() and isCorrect() give the values of BIRD's code", () => {
  for (const [predicted, gold, f1, ex] of OFFICIAL) {
    const found = softF1(rowsOf(predicted), rowsOf(gold));
    assert(Math.abs(found - f1) < 1e-12, `${found} is not ${f1}`);
    assert.equal(Number(isCorrect(rowsOf(predicted), rowsOf(gold))), ex);
  }
});

Deno.test("softF1() is 1 for two empty results and 0 for one", () => {
  assert.equal(softF1(rowsOf([]), rowsOf([])), 1);
  assert.equal(softF1(columnOf(1n), rowsOf([])), 0);
});

Deno.test("softF1() drops repeated rows before it pairs by place", () => {
  assert.equal(softF1(columnOf(1n, 1.0, 2n), columnOf(1n, 2n, 2n)), 1);
});

Deno.test("softF1() is 0 where a result is not whole, even for a result and itself", () => {
  for (const result of INCOMPARABLE) {
    assert.equal(softF1(result, result), 0);
    assert.equal(softF1(result, columnOf(1n)), 0);
    assert.equal(softF1(columnOf(1n), result), 0);
  }
  assert.equal(softF1(null, rowsOf([])), 0);
});

const cell = fc.constantFrom<SqlValue>(null, 1n, 1, 2n, 0.5, "1", "a", Uint8Array.of(97));
const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 5 });

Deno.test("softF1() is a number from 0 to 1, and 1 for a result and itself", () => {
  fc.assert(fc.property(rows, rows, (predicted, gold) => {
    const f1 = softF1(rowsOf(predicted), rowsOf(gold));
    assert(0 <= f1 && f1 <= 1, `${f1}`);
    assert.equal(softF1(rowsOf(gold), rowsOf(gold.map((row) => [...row]))), 1);
  }));
});

Deno.test("softF1() does not look at the order of columns", () => {
  fc.assert(fc.property(rows, rows, (predicted, gold) => {
    const turned = predicted.map((row) => row.toReversed());
    assert.equal(softF1(rowsOf(turned), rowsOf(gold)), softF1(rowsOf(predicted), rowsOf(gold)));
  }));
});
