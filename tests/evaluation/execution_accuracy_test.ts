import assert from "node:assert/strict";
import { exScore } from "../../src/evaluation/execution_accuracy.ts";

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
