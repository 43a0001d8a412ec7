import assert from "finestep/assert";
import {
  bootstrapDifferences,
  bootstrapSeedDifference,
} from "../../../src/evaluation/statistics.ts";
import { assertSame, CASES, ratios, sumsOf } from "./golden.ts";

const OPTIONS = { seed: 1, resamples: 2000 };

/** A run with one attempt at each question. */
function run(...right: number[]) {
  return ratios(right, right.map(() => 1));
}

Deno.test("bootstrapSeedDifference() agrees with numpy on the same draws", () => {
  for (const { before, after, bySeed, ...options } of CASES.bootstraps) {
    assertSame(bootstrapSeedDifference(sumsOf(before), sumsOf(after), options), bySeed);
  }
});

Deno.test("bootstrapSeedDifference() of one seed each is bootstrapDifferences()", () => {
  const [a, b] = [run(1, 0, 0, 1, 0, 1, 0), run(1, 1, 0, 1, 1, 1, 0)];
  const [expected] = bootstrapDifferences([a], [b], OPTIONS);
  assert.deepEqual(bootstrapSeedDifference([a], [b], OPTIONS), expected);
});

Deno.test("bootstrapSeedDifference() of runs that are alike on all questions shows seeds only", () => {
  // Of two seeds one is drawn: the difference is -1, 0, 0 or 1.
  const [none, all] = [run(0, 0, 0), run(1, 1, 1)];
  const difference = bootstrapSeedDifference([none, all], [none, all], OPTIONS);
  assert.deepEqual(difference, { estimate: 0, low: -1, high: 1, pValue: 1 });
});

Deno.test("bootstrapSeedDifference() has the variance of means over few seeds", () => {
  // EX of 5 seeds without questions' chance: 0, 1/4, 1/2, 3/4 and 1, against a constant.
  const seeds = [0, 1, 2, 3, 4].map((k) => run(...new Array(50).fill(k / 4)));
  const { low, high } = bootstrapSeedDifference([run(...new Array(50).fill(0))], seeds, OPTIONS);
  // Sums of 4 draws from 0 to 4, by 16: P(sum <= 2) = 15/625 < 0.025 < P(sum <= 3) = 35/625.
  assert.deepEqual([low, high], [3 / 16, 13 / 16]);
});

Deno.test("bootstrapSeedDifference() takes a question's chance along through all seeds", () => {
  // Seeds agree on every question, so more of them say nothing new.
  const [a, b] = [run(0, 0, 0, 1, 0, 1, 0, 0), run(1, 1, 0, 1, 1, 1, 0, 0)];
  const once = bootstrapSeedDifference([a], [b], OPTIONS);
  assert.deepEqual(bootstrapSeedDifference([a, a, a], [b, b, b, b], OPTIONS), once);
});

Deno.test("bootstrapSeedDifference() refuses no seed, and runs of other questions", () => {
  assert.throws(() => bootstrapSeedDifference([], [run(1)], OPTIONS), {
    name: "RangeError",
    message: "Cannot compare algorithms as each must have a seed: there are 0 and 1",
  });
  assert.throws(() => bootstrapSeedDifference([run(1)], [run(1), run(1, 0)], OPTIONS), {
    name: "RangeError",
    message: "Cannot compare algorithms as all runs must answer the same questions: " +
      "there are runs of 1 and of 2",
  });
});
