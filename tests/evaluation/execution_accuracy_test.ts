import assert from "node:assert/strict";
import { EX_BUDGET_MS, exScore, isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import type { SqlFailure, SqlRow, SqlRows } from "../../src/sandbox/result_set.ts";

function rows(rows: readonly SqlRow[], fields: Partial<SqlRows> = {}): SqlRows {
  return { kind: "rows", columns: ["a"], rows, truncated: false, elapsedMs: 1, ...fields };
}

Deno.test("isCorrect() compares rows as sets, by BIRD's golden cases", () => {
  // From the official evaluation_ex.py of bird-bench/mini_dev: set(predicted) == set(gold).
  assert.equal(isCorrect(rows([[3n, 4n], [1n, 2n]]), rows([[1n, 2n], [3n, 4n]])), true);
  assert.equal(isCorrect(rows([[2n, 1n], [4n, 3n]]), rows([[1n, 2n], [3n, 4n]])), false);
  assert.equal(isCorrect(rows([[1n], [2n], [3n]]), rows([[1n], [2n]])), false);
  assert.equal(isCorrect(rows([[1n, 1n]]), rows([[1n]])), false);
  assert.equal(isCorrect(rows([]), rows([[1n]])), false);
  assert.equal(isCorrect(rows([[1.0]]), rows([[1n]])), true);
  assert.equal(isCorrect(rows([[1n], [1n]]), rows([[1n]])), true);
});

Deno.test("isCorrect() calls two empty results the same, whatever their columns", () => {
  assert.equal(isCorrect(rows([]), rows([], { columns: ["b", "c"] })), true);
});

Deno.test("isCorrect() calls no failure right, not even two of the same", () => {
  for (const kind of ["error", "refused", "timeout", "too_large", "crashed"] as const) {
    const failure: SqlFailure = { kind, message: "", elapsedMs: 1 };
    assert.equal(isCorrect(failure, failure), false);
    assert.equal(isCorrect(failure, rows([])), false);
    assert.equal(isCorrect(rows([]), failure), false);
  }
  assert.equal(isCorrect(null, rows([])), false);
});

Deno.test("isCorrect() gives both queries one budget of 30 s", () => {
  const half = rows([[1n]], { elapsedMs: EX_BUDGET_MS / 2 });
  assert.equal(isCorrect(half, half), true);
  assert.equal(isCorrect(half, rows([[1n]], { elapsedMs: EX_BUDGET_MS / 2 + 1 })), false);
});

Deno.test("isCorrect() does not compare what a cap cut", () => {
  const cut = rows([[1n]], { truncated: true });
  assert.equal(isCorrect(cut, rows([[1n]])), false);
  assert.equal(isCorrect(rows([[1n]]), cut), false);
});

Deno.test("exScore() gives percent in all and by difficulty in BIRD's order", () => {
  const score = exScore([
    { difficulty: null, isCorrect: true },
    { difficulty: "challenging", isCorrect: false },
    { difficulty: "simple", isCorrect: true },
    { difficulty: "simple", isCorrect: false },
  ]);
  assert.deepEqual(score, {
    right: 2,
    n: 4,
    percent: 50,
    byDifficulty: new Map([
      ["simple", { right: 1, n: 2, percent: 50 }],
      ["challenging", { right: 0, n: 1, percent: 0 }],
      ["unrated", { right: 1, n: 1, percent: 100 }],
    ]),
  });
  assert.deepEqual([...score.byDifficulty.keys()], ["simple", "challenging", "unrated"]);
});

Deno.test("exScore() of no questions is 0 of 0", () => {
  assert.deepEqual(exScore([]), { right: 0, n: 0, percent: 0, byDifficulty: new Map() });
});
