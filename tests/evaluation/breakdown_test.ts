import assert from "node:assert/strict";
import { breakdown, type Verdict } from "../../src/evaluation/breakdown.ts";

const VERDICT: Verdict = {
  difficulty: "simple",
  databaseId: "shop",
  callCount: 1,
  stopReason: "answer",
  isCorrect: true,
};

Deno.test("breakdown() counts every episode once in each grouping", () => {
  const { total, byDifficulty, byDatabase, byCallCount, byStopReason } = breakdown([
    { ...VERDICT, databaseId: "zoo", callCount: 10 },
    { ...VERDICT, difficulty: "moderate", callCount: 2, isCorrect: false },
    { ...VERDICT, stopReason: "turn_limit", callCount: 2, isCorrect: false },
    VERDICT,
  ]);
  const one = { right: 1, n: 1, percent: 100 };
  assert.deepEqual(total, { right: 2, n: 4, percent: 50 });
  assert.deepEqual([...byDifficulty], [
    ["simple", { right: 2, n: 3, percent: 100 * 2 / 3 }],
    ["moderate", { right: 0, n: 1, percent: 0 }],
  ]);
  assert.deepEqual([...byDatabase], [["shop", { right: 1, n: 3, percent: 100 / 3 }], ["zoo", one]]);
  assert.deepEqual([...byCallCount], [[1, one], [2, { right: 0, n: 2, percent: 0 }], [10, one]]);
  assert.deepEqual([...byStopReason], [
    ["answer", { right: 2, n: 3, percent: 100 * 2 / 3 }],
    ["turn_limit", { right: 0, n: 1, percent: 0 }],
  ]);
});

Deno.test("breakdown() of no episodes has no groups", () => {
  const { total, byDatabase } = breakdown([]);
  assert.deepEqual(total, { right: 0, n: 0, percent: 0 });
  assert.equal(byDatabase.size, 0);
});
