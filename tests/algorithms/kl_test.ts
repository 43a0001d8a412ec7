import assert from "finestep/assert";
import { klEstimate } from "../../src/algorithms/kl.ts";

const ALL = ["k1", "abs", "k2", "k3", "k1+", "k3+"] as const;

Deno.test("klEstimate() is 0 for equal logprobs", () => {
  for (const estimator of ALL) assert.equal(klEstimate(estimator, 0).value, 0, estimator);
});

Deno.test("klEstimate() has the slope of its value", () => {
  const h = 1e-6;
  for (const estimator of ["k1", "abs", "k2", "k3"] as const) {
    for (const d of [-1.5, -0.1, 0.2, 3]) {
      const rise = klEstimate(estimator, d + h).value - klEstimate(estimator, d - h).value;
      assert.ok(Math.abs(rise / (2 * h) - klEstimate(estimator, d).slope) < 1e-8, estimator);
    }
  }
});

Deno.test("klEstimate() of k1+ and k3+ has the slope of k2", () => {
  for (const plus of ["k1+", "k3+"] as const) {
    const plain = plus === "k1+" ? "k1" : "k3";
    assert.equal(klEstimate(plus, 0.7).value, klEstimate(plain, 0.7).value);
    assert.equal(klEstimate(plus, 0.7).slope, klEstimate("k2", 0.7).slope);
  }
});

Deno.test("klEstimate() of k3 is the mean of k1 under the sampling policy", () => {
  const policy = [0.7, 0.2, 0.1];
  const reference = [0.5, 0.25, 0.25];
  const expected = policy.reduce((sum, p, v) => sum + p * Math.log(p / reference[v]), 0);
  const mean = policy.reduce(
    (sum, p, v) => sum + p * klEstimate("k3", Math.log(p / reference[v])).value,
    0,
  );
  assert.ok(Math.abs(mean - expected) < 1e-15);
});

Deno.test("klEstimate() of k3 is constant beyond its bounds", () => {
  assert.deepEqual(klEstimate("k3", -30), { value: 10, slope: 0 });
  assert.deepEqual(klEstimate("k3", 30), { value: 10, slope: 0 });
});
