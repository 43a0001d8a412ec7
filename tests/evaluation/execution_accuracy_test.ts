import assert from "finestep/assert";
import { exScore, score, shareOf } from "../../src/evaluation/execution_accuracy.ts";
import { wilsonInterval } from "../../src/evaluation/statistics.ts";

Deno.test("exScore() scores all and by difficulty in BIRD's order", () => {
  const verdicts = [
    { difficulty: null, isCorrect: true },
    { difficulty: "challenging", isCorrect: false },
    { difficulty: "simple", isCorrect: true },
    { difficulty: "simple", isCorrect: false },
  ] as const;
  const { byDifficulty, ...total } = exScore(verdicts);
  assert.deepEqual(total, score(verdicts));
  assert.deepEqual([...byDifficulty], [
    ["simple", score(verdicts.slice(2))],
    ["challenging", score([verdicts[1]])],
    ["unrated", score([verdicts[0]])],
  ]);
});

Deno.test("score() gives percent with Wilson's interval", () => {
  const { low, high } = wilsonInterval(1, 4);
  const wrong = { isCorrect: false };
  assert.deepEqual(score([wrong, { isCorrect: true }, wrong, wrong]), {
    right: 1,
    n: 4,
    percent: 25,
    low: 100 * low,
    high: 100 * high,
  });
});

Deno.test("shareOf() says nothing of nothing", () => {
  assert.deepEqual(shareOf(0, 0), { n: 0, percent: 0, low: 0, high: 100 });
});
