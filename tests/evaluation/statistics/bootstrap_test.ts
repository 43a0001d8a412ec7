import assert from "finestep/assert";
import fc from "fast-check";
import {
  bootstrapClusteredDifferences,
  bootstrapDifferences,
  bootstrapRates,
  clusterSums,
} from "../../../src/evaluation/statistics.ts";
import { assertClose, assertSame, CASES, ratios, sumsOf } from "./golden.ts";

const OPTIONS = { seed: 1, resamples: 4000 };

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

Deno.test("bootstrapRates() refuses resamples too few for an interval", () => {
  for (const resamples of [0, 38, 100.5, NaN]) {
    assert.throws(() => bootstrapRates([ratios([1], [1])], { seed: 1, resamples }), {
      name: "RangeError",
      message: "Cannot resample as the number of resamples must be an integer of at least 39, " +
        `for a 95% interval: current value is ${resamples}`,
    });
  }
});

Deno.test("bootstrapDifferences() of a system and itself is exactly 0", () => {
  const rates = [ratios(REDUNDANT, CALLS)];
  const zero = { estimate: 0, low: 0, high: 0, pValue: 1 };
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

Deno.test("bootstrapDifferences() agrees with numpy on the same draws", () => {
  for (const { before, after, byQuestion, ...options } of CASES.bootstraps) {
    const [a, b] = [sumsOf(before.slice(0, 1)), sumsOf(after.slice(0, 1))];
    assertSame(bootstrapDifferences(a, b, options)[0], byQuestion);
  }
});

Deno.test("bootstrapDifferences() has p at most 0.05 exactly where its interval leaves 0 out", () => {
  const right = fc.array(fc.constantFrom(0, 1), { minLength: 12, maxLength: 12 });
  const resamples = fc.integer({ min: 39, max: 300 });
  let [excluded, included] = [0, 0];
  fc.assert(fc.property(right, right, resamples, fc.nat(), (a, b, resamples, seed) => {
    const ones = a.map(() => 1);
    const [{ low, high, pValue }] = bootstrapDifferences([ratios(a, ones)], [ratios(b, ones)], {
      seed,
      resamples,
    });
    assert.equal(pValue <= 0.05, low > 0 || high < 0);
    assert(pValue >= 2 / (resamples + 1) && pValue <= 1);
    if (pValue <= 0.05) excluded++;
    else included++;
  }));
  assert(excluded > 0 && included > 0);
});

Deno.test("bootstrapDifferences() turns around with the order of the systems", () => {
  const [a, b] = [[ratios(REDUNDANT, CALLS)], [ratios(REDUNDANT_B, CALLS_B)]];
  const [there] = bootstrapDifferences(a, b, OPTIONS);
  const [back] = bootstrapDifferences(b, a, OPTIONS);
  assertSame(back, {
    estimate: -there.estimate,
    low: -there.high,
    high: -there.low,
    pValue: there.pValue,
  });
});

Deno.test("bootstrapDifferences() gives the least p-value where every resample agrees", () => {
  const [zeros, ones] = [ratios([0, 0, 0], [1, 1, 1]), ratios([1, 1, 1], [1, 1, 1])];
  assert.deepEqual(bootstrapDifferences([zeros], [ones], { seed: 1, resamples: 99 }), [
    { estimate: 1, low: 1, high: 1, pValue: 0.02 },
  ]);
});

Deno.test("bootstrapClusteredDifferences() agrees with numpy on the same draws", () => {
  for (const { before, after, clusters, byCluster, ...options } of CASES.bootstraps) {
    const [a, b] = [sumsOf(before.slice(0, 1)), sumsOf(after.slice(0, 1))];
    const { differences } = bootstrapClusteredDifferences(a, b, clusters, options);
    assertSame(differences[0], byCluster);
  }
});

Deno.test("bootstrapClusteredDifferences() of clusters of one question each draws questions", () => {
  const [a, b] = [[ratios(REDUNDANT, CALLS)], [ratios(REDUNDANT_B, CALLS_B)]];
  const names = REDUNDANT.map((_, index) => `database ${index}`);
  assert.deepEqual(bootstrapClusteredDifferences(a, b, names, OPTIONS), {
    differences: bootstrapDifferences(a, b, OPTIONS),
    clusterCount: 20,
    hasFewClusters: false,
  });
});

Deno.test("bootstrapClusteredDifferences() is wider where a database's questions go together", () => {
  const clusters = Array.from({ length: 40 }, (_, index) => `database ${index % 8}`);
  const ones = clusters.map(() => 1);
  const before = ratios(clusters.map(() => 0), ones);
  const after = ratios(clusters.map((_, index) => Number(index % 8 < 4)), ones);
  const [byQuestion] = bootstrapDifferences([before], [after], OPTIONS);
  const { differences: [byCluster], hasFewClusters } = bootstrapClusteredDifferences(
    [before],
    [after],
    clusters,
    OPTIONS,
  );
  // Five times fewer units, all of them alike within: 5 ** 0.5 times as wide.
  const widening = (byCluster.high - byCluster.low) / (byQuestion.high - byQuestion.low);
  assertClose(widening, Math.sqrt(5), 0.4);
  assert.equal(hasFewClusters, true);
});

Deno.test("clusterSums() keeps the sums, whatever the clusters", () => {
  const question = fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom("a", "b", "c"));
  fc.assert(fc.property(fc.array(question), (questions) => {
    const clusters = questions.map(([, , cluster]) => cluster);
    const sums = ratios(questions.map(([n]) => n), questions.map(([, d]) => d));
    const { numerators, denominators } = clusterSums(sums, clusters);
    const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
    assert.equal(total(numerators), total(sums.numerators));
    assert.equal(total(denominators), total(sums.denominators));
    assert.equal(numerators.length, new Set(clusters).size);
  }));
});

Deno.test("clusterSums() refuses questions without a cluster", () => {
  assert.throws(() => clusterSums(ratios([1, 2], [1, 2]), ["a"]), {
    name: "RangeError",
    message: "Cannot sum clusters as each question must have one: 1 for 2 questions",
  });
});
