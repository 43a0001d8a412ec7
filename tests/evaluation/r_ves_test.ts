import assert from "finestep/assert";
import fc from "fast-check";
import { rVesReward, timeRatio } from "../../src/evaluation/r_ves.ts";

Deno.test("timeRatio() is the mean of gold time by predicted time", () => {
  assert.equal(timeRatio([2, 6], [1, 1]), 4);
});

Deno.test("timeRatio() leaves out what is 3 standard deviations away", () => {
  const ones = new Array(20).fill(1);
  const gold = [...new Array(10).fill(1), ...new Array(9).fill(2), 100];
  assert.equal(timeRatio(gold, ones), 28 / 19);
});

Deno.test("timeRatio() is 0 where the official code divides by zero", () => {
  assert.equal(timeRatio([], []), 0);
  assert.equal(timeRatio([3], [1]), 0);
  assert.equal(timeRatio([1, 1, 1], [2, 2, 2]), 0);
  assert.equal(timeRatio([1, 2, 3], [1, 0, 1]), 0);
  assert.equal(timeRatio([1, 0, 3], [1, 0, 1]), 0);
});

Deno.test("timeRatio() refuses times without a partner", () => {
  assert.throws(() => timeRatio([1, 2], [1]), {
    name: "RangeError",
    message: "Cannot compare times as each repetition must have two: 2 of gold and 1 predicted",
  });
});

Deno.test("timeRatio() lies among the ratios and does not depend on the unit of time", () => {
  const seconds = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })),
    {
      minLength: 1,
      maxLength: 300,
    },
  );
  fc.assert(fc.property(seconds, (times) => {
    const [gold, predicted] = [times.map(([g]) => g), times.map(([, p]) => p)];
    const ratios = times.map(([g, p]) => g / p);
    const tau = timeRatio(gold, predicted);
    const isWithin = Math.min(...ratios) - 1e-9 <= tau && tau <= Math.max(...ratios) + 1e-9;
    assert(tau === 0 || isWithin, `${tau}`);
    const inQuarters = [gold, predicted].map((list) => list.map((time) => time / 4));
    assert.equal(timeRatio(inQuarters[0], inQuarters[1]), tau);
  }));
});

Deno.test("rVesReward() gives BIRD's reward at and below each bound", () => {
  const rewards = [0, 1e-9, 0.2499, 0.25, 0.4999, 0.5, 0.9999, 1, 1.9999, 2, 50].map(rVesReward);
  assert.deepEqual(rewards, [0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1, 1.25, 1.25]);
});
