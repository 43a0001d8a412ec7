import assert from "finestep/assert";
import type { SqlFailure, SqlRow, SqlRows } from "../../src/sandbox/result_set.ts";
import { comparableRows, isSameResult } from "../../src/sandbox/same_result.ts";

function rows(rows: readonly SqlRow[], fields: Partial<SqlRows> = {}): SqlRows {
  return { kind: "rows", columns: ["a"], rows, truncated: false, elapsedMs: 1, ...fields };
}

Deno.test("isSameResult() compares rows as sets, by BIRD's golden cases", () => {
  // From the official evaluation_ex.py of bird-bench/mini_dev: set(predicted) == set(gold).
  assert.equal(isSameResult(rows([[3n, 4n], [1n, 2n]]), rows([[1n, 2n], [3n, 4n]])), true);
  assert.equal(isSameResult(rows([[2n, 1n], [4n, 3n]]), rows([[1n, 2n], [3n, 4n]])), false);
  assert.equal(isSameResult(rows([[1n], [2n], [3n]]), rows([[1n], [2n]])), false);
  assert.equal(isSameResult(rows([[1n, 1n]]), rows([[1n]])), false);
  assert.equal(isSameResult(rows([]), rows([[1n]])), false);
  assert.equal(isSameResult(rows([[1.0]]), rows([[1n]])), true);
  assert.equal(isSameResult(rows([[1n], [1n]]), rows([[1n]])), true);
});

Deno.test("isSameResult() calls two empty results the same, whatever their columns", () => {
  assert.equal(isSameResult(rows([]), rows([], { columns: ["b", "c"] })), true);
});

Deno.test("isSameResult() calls no failure right, not even two of the same", () => {
  for (const kind of ["error", "refused", "timeout", "too_large", "crashed"] as const) {
    const failure: SqlFailure = { kind, message: "", elapsedMs: 1 };
    assert.equal(isSameResult(failure, failure), false);
    assert.equal(isSameResult(failure, rows([])), false);
    assert.equal(isSameResult(rows([]), failure), false);
  }
  assert.equal(isSameResult(null, rows([])), false);
});

Deno.test("isSameResult() does not compare what a cap cut", () => {
  const cut = rows([[1n]], { truncated: true });
  assert.equal(isSameResult(cut, rows([[1n]])), false);
  assert.equal(isSameResult(rows([[1n]]), cut), false);
});

Deno.test("isSameResult() takes no text that Python refuses, not even beside itself", () => {
  const invalid = rows([["\uFFFD"]], { invalidText: true });
  assert.equal(isSameResult(invalid, invalid), false);
  assert.equal(isSameResult(invalid, rows([["\uFFFD"]])), false);
  assert.equal(isSameResult(rows([["\uFFFD"]]), rows([["\uFFFD"]])), true);
});

Deno.test("isSameResult() calls SQL without a statement right where the gold has no rows", () => {
  const nothing = rows([], { columns: [] });
  assert.equal(isSameResult(nothing, rows([])), true);
  assert.equal(isSameResult(nothing, rows([[null]])), false);
});

Deno.test("comparableRows() gives the rows of a whole result only", () => {
  const whole = rows([[1n]]);
  assert.equal(comparableRows(whole), whole.rows);
  assert.equal(comparableRows(rows([[1n]], { truncated: true })), null);
  assert.equal(comparableRows({ kind: "error", message: "", elapsedMs: 1 }), null);
  assert.equal(comparableRows(null), null);
});
