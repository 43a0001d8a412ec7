import assert from "finestep/assert";
import fc from "fast-check";
import { type ClaimPart, decision } from "../../../src/evaluation/statistics.ts";

function part(low: number, high: number, margin = 0): ClaimPart {
  return { interval: { low, high }, better: "higher", margin };
}

Deno.test("decision() of superiority asks on which side of 0 the interval lies", () => {
  assert.equal(decision([part(0.01, 0.03)]), "supported");
  assert.equal(decision([part(-0.01, 0.03)]), "inconclusive");
  assert.equal(decision([part(-0.03, -0.01)]), "not supported");
});

Deno.test("decision() counts a bound on the margin against the claim", () => {
  assert.equal(decision([part(0, 0.03)]), "inconclusive");
  assert.equal(decision([part(-0.03, 0)]), "not supported");
  assert.equal(decision([part(0, 0)]), "not supported");
  assert.equal(decision([part(-0.01, 0.02, 0.01)]), "inconclusive");
});

Deno.test("decision() of non-inferiority allows a loss within the margin, even a sure one", () => {
  assert.equal(decision([part(-0.008, -0.002, 0.01)]), "supported");
  assert.equal(decision([part(-0.03, 0.02, 0.01)]), "inconclusive");
  assert.equal(decision([part(-0.03, -0.01, 0.01)]), "not supported");
});

Deno.test("decision() with a negative margin demands a gain", () => {
  assert.equal(decision([part(0.04, 0.06, -0.03)]), "supported");
  assert.equal(decision([part(0.02, 0.06, -0.03)]), "inconclusive");
  assert.equal(decision([part(0.01, 0.02, -0.03)]), "not supported");
});

Deno.test("decision() is the same for a measure that is better lower, seen in a mirror", () => {
  const number = fc.integer({ min: -5, max: 5 });
  fc.assert(fc.property(number, number, number, (a, b, margin) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const mirrored: ClaimPart = { interval: { low: -high, high: -low }, better: "lower", margin };
    assert.equal(decision([mirrored]), decision([part(low, high, margin)]));
  }));
});

Deno.test("decision() supports nothing that the number of claims leaves uncertain", () => {
  assert.equal(decision([{ ...part(0.01, 0.03), pValue: 0.05 }]), "supported");
  assert.equal(decision([{ ...part(0.01, 0.03), pValue: 0.06 }]), "inconclusive");
  assert.equal(decision([{ ...part(-0.03, -0.01), pValue: 0.01 }]), "not supported");
});

Deno.test("decision() of several parts is that of the worst", () => {
  const [yes, unsure, no] = [part(1, 2), part(-1, 2), part(-2, -1)];
  assert.equal(decision([yes, yes]), "supported");
  assert.equal(decision([yes, unsure]), "inconclusive");
  assert.equal(decision([unsure, no, yes]), "not supported");
});

Deno.test("decision() refuses no part, and what is no interval", () => {
  assert.throws(() => decision([]), {
    name: "RangeError",
    message: "Cannot decide a claim as it must have a part: there is none",
  });
  for (const wrong of [part(1, 0), part(NaN, 0), part(0, 1, NaN)]) {
    const { interval: { low, high }, margin } = wrong;
    assert.throws(() => decision([wrong]), {
      name: "RangeError",
      message: "Cannot decide a claim as it needs an interval, a margin and a p-value: " +
        `current values are ${low} to ${high}, ${margin} and 0`,
    });
  }
});
