import assert from "finestep/assert";
import { compared, comparedByKey } from "../../src/credit/normalize.ts";

const GRPO = { baseline: "mean", normStd: true, singleton: "zero" } as const;

Deno.test("compared() divides by the standard deviation with n - 1, plus 1e-6", () => {
  const [low, middle, high] = compared(Float64Array.of(1, 3, 5), GRPO);
  assert.equal(low, -2 / (2 + 1e-6));
  assert.equal(middle, 0);
  assert.equal(high, 2 / (2 + 1e-6));
});

Deno.test("compared() gives equal values nothing", () => {
  assert.deepEqual(compared(Float64Array.of(2, 2, 2), GRPO), Float64Array.of(0, 0, 0));
});

Deno.test("compared() gives one value alone nothing, or itself by raw", () => {
  const raw = { ...GRPO, singleton: "raw" } as const;
  assert.deepEqual(compared(Float64Array.of(3), GRPO), Float64Array.of(0));
  assert.deepEqual(compared(Float64Array.of(3), raw), Float64Array.of(3 / (1 + 1e-6)));
  assert.deepEqual(compared(Float64Array.of(3), { ...raw, normStd: false }), Float64Array.of(3));
});

Deno.test("compared() takes no values", () => {
  assert.deepEqual(compared(new Float64Array(0), GRPO), new Float64Array(0));
});

Deno.test("comparedByKey() keeps each step in its place", () => {
  const values = [Float64Array.of(0, 10), Float64Array.of(4)];
  const keys = [["a", "b"], ["a"]];
  const how = { ...GRPO, normStd: false, singleton: "raw" } as const;
  const advantages = comparedByKey(values, (g, s) => keys[g][s], how);
  assert.deepEqual(advantages, [Float64Array.of(-2, 10), Float64Array.of(2)]);
});
