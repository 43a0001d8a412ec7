import assert from "finestep/assert";
import fc from "fast-check";
import { discountedOutcome, discountedReturns } from "../../src/credit/discount.ts";

const rewards = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 8 })
  .map((values) => Float64Array.from(values));

Deno.test("discountedReturns() gives the first step the whole sum at gamma 1", () => {
  assert.deepEqual(discountedReturns(Float64Array.of(1, 2, 4), 1), Float64Array.of(7, 6, 4));
});

Deno.test("discountedReturns() gives each step its own reward at gamma 0", () => {
  assert.deepEqual(discountedReturns(Float64Array.of(1, 2), 0), Float64Array.of(1, 2));
});

Deno.test("discountedReturns() leaves its input as it was", () => {
  const input = Float64Array.of(1, 2);
  discountedReturns(input, 1);
  assert.deepEqual(input, Float64Array.of(1, 2));
});

Deno.test("discountedReturns() holds r[s] = G[s] - gamma G[s + 1]", () => {
  fc.assert(fc.property(rewards, fc.double({ min: 0, max: 1, noNaN: true }), (rewards, gamma) => {
    const returns = discountedReturns(rewards, gamma);
    rewards.forEach((reward, s) =>
      assert.ok(Math.abs(returns[s] - gamma * (returns[s + 1] ?? 0) - reward) < 1e-12)
    );
  }));
});

Deno.test("discountedOutcome() is the return of a reward at the last step", () => {
  const last = Float64Array.of(0, 0, 0, 1);
  const returns = discountedReturns(last, 0.9);
  discountedOutcome(1, 4, 0.9).forEach((value, s) =>
    assert.ok(Math.abs(value - returns[s]) < 1e-15)
  );
});

Deno.test("discountedOutcome() gives the last step the outcome even at gamma 0", () => {
  assert.deepEqual(discountedOutcome(1, 3, 0), Float64Array.of(0, 0, 1));
});

Deno.test("discountedOutcome() and discountedReturns() refuse a gamma outside [0, 1]", () => {
  const message = /^Cannot discount rewards as "gamma" must be in \[0, 1\]: current value is 1.1$/;
  assert.throws(() => discountedOutcome(1, 2, 1.1), { name: "RangeError", message });
  assert.throws(() => discountedReturns(new Float64Array(2), NaN), RangeError);
});
