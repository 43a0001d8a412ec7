import assert from "finestep/assert";
import fc from "fast-check";
import { smoothed } from "../../src/credit/smooth.ts";
import { CREDIT_OPTIONS } from "../../src/credit/options.ts";

const WORKED = [[0.8, 1], [0.2, 0, 1], [0]];

function assertSmoothed(smoothing: Parameters<typeof smoothed>[1], expected: number[][]) {
  WORKED.forEach((rewards, g) => {
    const result = smoothed(Float64Array.from(rewards), smoothing, 0.5);
    expected[g].forEach((value, s) => assert.ok(Math.abs(result[s] - value) < 1e-12));
    assert.equal(result.length, expected[g].length);
  });
}

Deno.test("smoothed() draws a step towards the mean of its neighbours", () => {
  assertSmoothed("neighbor", [[0.9, 0.9], [0.1, 0.3, 0.5], [0]]);
});

Deno.test("smoothed() carries rewards forward by ema_fwd", () => {
  assertSmoothed("ema_fwd", [[0.8, 0.9], [0.2, 0.1, 0.55], [0]]);
});

Deno.test("smoothed() carries rewards backward by ema_bwd", () => {
  assertSmoothed("ema_bwd", [[0.9, 1], [0.35, 0.5, 1], [0]]);
});

Deno.test("smoothed() draws steps towards their trajectory's mean by trajMean", () => {
  assertSmoothed("trajMean", [[0.85, 0.95], [0.3, 0.2, 0.7], [0]]);
});

Deno.test("smoothed() leaves rewards as they were by none", () => {
  assertSmoothed("none", WORKED);
});

const rewards = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })
  .map((values) => Float64Array.from(values));
const smoothings = fc.constantFrom(...CREDIT_OPTIONS.smoothing.choices!);
const strengths = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("smoothed() keeps rewards within their range, and its input as it was", () => {
  fc.assert(fc.property(rewards, smoothings, strengths, (rewards, smoothing, strength) => {
    const before = rewards.slice();
    const result = smoothed(rewards, smoothing, strength);
    assert.deepEqual(rewards, before);
    const [low, high] = [Math.min(...rewards) - 1e-12, Math.max(...rewards) + 1e-12];
    assert.ok(result.every((reward) => reward >= low && reward <= high));
  }));
});

Deno.test("smoothed() does nothing at strength 0, nor to a lone step", () => {
  fc.assert(fc.property(rewards, smoothings, strengths, (rewards, smoothing, strength) => {
    const lone = rewards.slice(0, 1);
    smoothed(rewards, smoothing, 0).forEach((reward, s) =>
      assert.ok(Math.abs(reward - rewards[s]) < 1e-15)
    );
    smoothed(lone, smoothing, strength).forEach((reward) =>
      assert.ok(Math.abs(reward - lone[0]) < 1e-15)
    );
  }));
});

Deno.test("smoothed() refuses a strength outside [0, 1]", () => {
  assert.throws(() => smoothed(new Float64Array(2), "neighbor", -0.1), RangeError);
});
