import assert from "finestep/assert";
import fc from "fast-check";
import {
  learningCurve,
  meanAndSd,
  meanDifferenceInterval,
} from "../../../src/evaluation/statistics.ts";
import { assertClose, CASES } from "./golden.ts";

Deno.test("meanAndSd() agrees with scipy", () => {
  for (const { values, mean, sd, low, high } of CASES.means) {
    const found = meanAndSd(values);
    assert.equal(found.n, values.length);
    assertClose(found.mean, mean);
    assertClose(found.sd!, sd);
    assertClose(found.interval!.low, low);
    assertClose(found.interval!.high, high);
  }
});

Deno.test("meanAndSd() of equal values has exactly no deviation", () => {
  const point = { low: 0.1, high: 0.1 };
  assert.deepEqual(meanAndSd([0.1, 0.1, 0.1]), { n: 3, mean: 0.1, sd: 0, interval: point });
});

Deno.test("meanAndSd() moves and stretches with the values", () => {
  const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 8 });
  fc.assert(fc.property(values, (values) => {
    const [before, after] = [meanAndSd(values), meanAndSd(values.map((value) => 7 - 2 * value))];
    assertClose(after.mean, 7 - 2 * before.mean);
    assertClose(after.sd!, 2 * before.sd!);
    assertClose(after.interval!.low, 7 - 2 * before.interval!.high);
  }));
});

Deno.test("meanAndSd() refuses no values", () => {
  assert.throws(() => meanAndSd([]), {
    name: "RangeError",
    message: "Cannot average as there must be a value: there is none",
  });
});

Deno.test("meanDifferenceInterval() agrees with scipy", () => {
  for (const { before, after, low, high } of CASES.meanDifferences) {
    const found = meanDifferenceInterval(before, after)!;
    assertClose(found.low, low);
    assertClose(found.high, high);
  }
});

Deno.test("meanDifferenceInterval() is null where a side has a single value", () => {
  assert.equal(meanDifferenceInterval([1], [1, 2]), null);
  assert.equal(meanDifferenceInterval([1, 2], []), null);
});

Deno.test("learningCurve() averages at each point the series that reach it", () => {
  const points = learningCurve([[1, 2, 3], [3, 4], []]);
  assert.deepEqual(points, [meanAndSd([1, 3]), meanAndSd([2, 4]), meanAndSd([3])]);
});

Deno.test("learningCurve() of nothing has no points", () => {
  assert.deepEqual(learningCurve([]), []);
  assert.deepEqual(learningCurve([[], []]), []);
});
