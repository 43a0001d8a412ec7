import assert from "finestep/assert";
import { AdamW, gradientNorm } from "../../src/engines/adamw.ts";

const OPTIONS = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.5 };

function weights() {
  return new Map([
    ["matrix", { shape: [1, 2], data: Float32Array.of(1, -1) }],
    ["norm", { shape: [2], data: Float32Array.of(1, -1) }],
  ]);
}

Deno.test("AdamW.step() first moves each weight by the learning rate against its gradient's sign", () => {
  const own = weights();
  const optimizer = new AdamW(own, { ...OPTIONS, weightDecay: 0 });
  const gradients = new Map([["matrix", Float32Array.of(3, -0.2)], [
    "norm",
    Float32Array.of(0, 7),
  ]]);
  optimizer.step(gradients, 0.1, 1);
  assert.deepEqual(own.get("matrix")!.data, Float32Array.of(0.9, -0.9));
  assert.deepEqual(own.get("norm")!.data, Float32Array.of(1, -1.1));
});

Deno.test("AdamW.step() decays matrices, whatever their gradient, and no vectors", () => {
  const own = weights();
  const zeros = new Map(Array.from(own, ([name]) => [name, new Float32Array(2)]));
  new AdamW(own, OPTIONS).step(zeros, 0.1, 1);
  assert.deepEqual(own.get("matrix")!.data, Float32Array.of(0.95, -0.95));
  assert.deepEqual(own.get("norm")!.data, Float32Array.of(1, -1));
});

Deno.test("AdamW.step() keeps moments of the scaled gradient", () => {
  const optimizer = new AdamW(weights(), OPTIONS);
  const gradients = new Map(["matrix", "norm"].map((name) => [name, Float32Array.of(4, 0)]));
  optimizer.step(gradients, 0.1, 0.5);
  assert.deepEqual(optimizer.moments.get("adam.m.norm")!.data, Float32Array.of(0.2, 0));
  assert.deepEqual(optimizer.moments.get("adam.v.norm")!.data, Float32Array.of(0.04, 0));
});

Deno.test("gradientNorm() is the length of all gradients laid end to end", () => {
  const gradients = new Map([["a", Float32Array.of(3)], ["b", Float32Array.of(0, 4)]]);
  assert.equal(gradientNorm(gradients), 5);
  gradients.get("b")![0] = NaN;
  assert.equal(Number.isFinite(gradientNorm(gradients)), false);
});
