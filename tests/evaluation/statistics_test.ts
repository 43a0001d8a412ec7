import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bootstrapDifferences,
  bootstrapRates,
  type QuestionSums,
  wilsonInterval,
} from "../../src/evaluation/statistics.ts";

const OPTIONS = { seed: 1, resamples: 4000 };

function ratios(numerators: readonly number[], denominators: readonly number[]): QuestionSums {
  return {
    numerators: Float64Array.from(numerators),
    denominators: Float64Array.from(denominators),
  };
}

function assertClose(actual: number, expected: number, tolerance = 1e-12): void {
  assert(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);
}

Deno.test("wilsonInterval() agrees with statsmodels", () => {
  // statsmodels 0.15.0: proportion_confint(successes, n, method="wilson")
  for (
    const [successes, n, low, high] of [
      [235, 287, 0.7701382116585596, 0.85907057013627],
      [7, 40, 0.0874541374603592, 0.3194999033178772],
      [0, 10, 0, 0.27753279986288926],
      [10, 10, 0.7224672001371106, 1],
      [1, 1, 0.2065493143772374, 1],
    ]
  ) {
    const interval = wilsonInterval(successes, n);
    assertClose(interval.low, low);
    assertClose(interval.high, high);
  }
});

Deno.test("wilsonInterval() says nothing without trials", () => {
  assert.deepEqual(wilsonInterval(0, 0), { low: 0, high: 1 });
});

Deno.test("wilsonInterval() holds the share, and mirrors with it", () => {
  fc.assert(fc.property(
    fc.nat(1000).chain((n) => fc.tuple(fc.nat(n), fc.constant(n + 1))),
    ([successes, n]) => {
      const { low, high } = wilsonInterval(successes, n);
      assert(0 <= low && low <= successes / n && successes / n <= high && high <= 1);
      assertClose(wilsonInterval(n - successes, n).low, 1 - high);
    },
  ));
});

Deno.test("wilsonInterval() refuses counts that cannot be", () => {
  for (const [successes, n] of [[2, 1], [-1, 3], [0.5, 1], [0, NaN]]) {
    assert.throws(() => wilsonInterval(successes, n), {
      name: "RangeError",
      message: "Cannot compute an interval as successes must be a count of at most n: " +
        `current values are ${successes} of ${n}`,
    });
  }
});

const REDUNDANT = [0, 1, 2, 0, 1, 3, 0, 0, 2, 1, 0, 4, 1, 0, 2, 0, 1, 1, 0, 3];
const CALLS = [2, 3, 4, 1, 2, 5, 3, 2, 4, 1, 0, 6, 3, 2, 5, 1, 4, 2, 3, 3];
const REDUNDANT_B = [0, 0, 1, 0, 1, 1, 0, 0, 2, 0, 0, 2, 1, 0, 1, 0, 0, 1, 0, 2];
const CALLS_B = [1, 2, 3, 1, 2, 3, 2, 2, 4, 1, 0, 4, 3, 1, 4, 1, 3, 2, 2, 3];

Deno.test("bootstrapRates() agrees with scipy up to the noise of resampling", () => {
  // scipy 1.17.1: bootstrap((redundant, calls), lambda n, d, axis=-1: n.sum(axis) / d.sum(axis),
  //   paired=True, method="percentile", n_resamples=1000000, rng=1)
  const [{ estimate, low, high }] = bootstrapRates([ratios(REDUNDANT, CALLS)], { seed: 1 });
  assert.equal(estimate, 22 / 56);
  assertClose(low, 0.2553191489361702, 0.006);
  assertClose(high, 0.515625, 0.006);
});

Deno.test("bootstrapDifferences() agrees with scipy up to the noise of resampling", () => {
  // scipy 1.17.1: bootstrap((n, d, nB, dB), lambda n, d, m, e, axis=-1:
  //   m.sum(axis) / e.sum(axis) - n.sum(axis) / d.sum(axis),
  //   paired=True, method="percentile", n_resamples=1000000, rng=1)
  const [{ estimate, low, high }] = bootstrapDifferences(
    [ratios(REDUNDANT, CALLS)],
    [ratios(REDUNDANT_B, CALLS_B)],
    { seed: 1 },
  );
  assertClose(estimate, -0.12012987012987014);
  assertClose(low, -0.19295774647887326, 0.006);
  assertClose(high, -0.04521963824289407, 0.006);
});

Deno.test("bootstrapRates() of two questions gives the exact quantiles of their four resamples", () => {
  // Resamples have the rates 0, 1/2, 1/2, 1, each with probability 1/4.
  const [{ estimate, low, high }] = bootstrapRates([ratios([0, 1], [1, 1])], OPTIONS);
  assert.deepEqual([estimate, low, high], [0.5, 0, 1]);
});

Deno.test("bootstrapRates() repeats for a seed and differs between seeds", () => {
  const rates = [ratios(REDUNDANT, CALLS)];
  assert.deepEqual(bootstrapRates(rates, OPTIONS), bootstrapRates(rates, OPTIONS));
  assert.notDeepEqual(
    bootstrapRates(rates, { seed: 1, resamples: 50 }),
    bootstrapRates(rates, { seed: 2, resamples: 50 }),
  );
});

Deno.test("bootstrapRates() gives a rate the same interval whatever rates are beside it", () => {
  const [a, b] = [ratios(REDUNDANT, CALLS), ratios(REDUNDANT_B, CALLS_B)];
  const apart = [...bootstrapRates([a], OPTIONS), ...bootstrapRates([b], OPTIONS)];
  assert.deepEqual(bootstrapRates([a, b], OPTIONS), apart);
});

Deno.test("bootstrapRates() is 0 without questions or calls, and a point for one question", () => {
  const zero = { estimate: 0, low: 0, high: 0 };
  assert.deepEqual(bootstrapRates([], OPTIONS), []);
  assert.deepEqual(bootstrapRates([ratios([], [])], OPTIONS), [zero]);
  assert.deepEqual(bootstrapRates([ratios([0, 0], [0, 0])], OPTIONS), [zero]);
  const quarter = { estimate: 0.25, low: 0.25, high: 0.25 };
  assert.deepEqual(bootstrapRates([ratios([1], [4])], OPTIONS), [quarter]);
});

Deno.test("bootstrapRates() gives a rate that no draw changes a point", () => {
  const point = { estimate: 0.5, low: 0.5, high: 0.5 };
  assert.deepEqual(bootstrapRates([ratios([1, 1, 1], [2, 2, 2])], OPTIONS), [point]);
});

Deno.test("bootstrapRates() refuses no resamples", () => {
  assert.throws(() => bootstrapRates([ratios([1], [1])], { seed: 1, resamples: 0 }), {
    name: "RangeError",
    message:
      "Cannot resample as the number of resamples must be a positive integer: current value is 0",
  });
});

Deno.test("bootstrapDifferences() of a system and itself is exactly 0", () => {
  const rates = [ratios(REDUNDANT, CALLS)];
  const zero = { estimate: 0, low: 0, high: 0 };
  assert.deepEqual(bootstrapDifferences(rates, rates, OPTIONS), [zero]);
  assert.deepEqual(bootstrapDifferences([ratios([], [])], [ratios([], [])], OPTIONS), [zero]);
});

Deno.test("bootstrapDifferences() is narrower for pairs that agree than for ones that do not", () => {
  const right = [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0];
  const ones = right.map(() => 1);
  const width = (b: number[]) => {
    const [{ low, high }] = bootstrapDifferences([ratios(right, ones)], [ratios(b, ones)], OPTIONS);
    return high - low;
  };
  assert(width(right.with(1, 1)) < width(right.map((value) => 1 - value)) / 2);
});
