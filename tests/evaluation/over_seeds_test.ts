import assert from "finestep/assert";
import { differenceOverSeeds } from "../../src/evaluation/over_seeds.ts";
import { aVerdict } from "../store/episodes.ts";

/** Verdicts of one policy: a question a digit, right where it is 1. */
const run = (right: string, firstId = 0) =>
  [...right].map((digit, n) => aVerdict(String(firstId + n), { isCorrect: digit === "1" }));

Deno.test("differenceOverSeeds() is the difference of the mean shares over all seeds", () => {
  const before = [run("1100"), run("1000")];
  const after = [run("1110"), run("1111")];
  const { estimate, low, high } = differenceOverSeeds("ex", before, after, { seed: 1 });
  assert.equal(estimate, 7 / 8 - 3 / 8);
  assert(low <= estimate && estimate <= high);
});

Deno.test("differenceOverSeeds() of an algorithm and itself is nothing, and says so", () => {
  const runs = [run("1100"), run("1010")];
  const { estimate, pValue } = differenceOverSeeds("ex", runs, runs, { seed: 1 });
  assert.deepEqual([estimate, pValue], [0, 1]);
});

Deno.test("differenceOverSeeds() pairs questions whatever the order of the verdicts", () => {
  const before = [run("1100")];
  const after = [run("0111")];
  const options = { seed: 1 };
  assert.deepEqual(
    differenceOverSeeds("ex", before, after.map((one) => one.toReversed()), options),
    differenceOverSeeds("ex", before, after, options),
  );
});

Deno.test("differenceOverSeeds() counts several attempts at a question as one question", () => {
  const twice = [...run("1100"), ...run("1100")];
  const once = run("1100");
  const options = { seed: 1 };
  assert.deepEqual(
    differenceOverSeeds("ex", [twice], [run("1110")], options),
    differenceOverSeeds("ex", [once], [run("1110")], options),
  );
});

Deno.test("differenceOverSeeds() refuses evaluations of other questions", () => {
  assert.throws(
    () => differenceOverSeeds("ex", [run("1100")], [run("1100", 1)], { seed: 1 }),
    /^RangeError: Cannot compare over seeds as all evaluations must be of the same questions/,
  );
});
