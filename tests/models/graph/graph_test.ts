import assert from "finestep/assert";
import { OnnxSession } from "../../../src/engines/onnx_session.ts";
import { gradients } from "../../../src/models/graph/gradient.ts";
import { linear } from "../../../src/models/graph/layers.ts";
import { add, matmul, multiply, reshape } from "../../../src/models/graph/operations.ts";
import { input, product, resolved } from "../../../src/models/graph/tensor.ts";

Deno.test("product() gives equal products equal values", () => {
  assert.equal(product("b", "a"), product("a", "b"));
  assert.equal(product("2*a", 3), "6*a");
  assert.equal(product(), 1);
  assert.equal(product("a", 0), 0);
});

Deno.test("resolved() multiplies the named sizes and names one that is missing", () => {
  assert.equal(resolved("6*a*b", { a: 2, b: 5 }), 60);
  assert.throws(() => resolved("2*c", { a: 1 }), /Cannot size "2\*c".*"c" is missing/);
});

Deno.test("operations refuse shapes that do not go together", () => {
  const a = input("a", [2, "n"]);
  assert.throws(() => add(a, input("b", [3, "n"])), /Cannot broadcast/);
  assert.throws(() => matmul(a, input("b", ["m", 2])), /inner sizes must be equal/);
  assert.throws(() => reshape(a, ["n", 3]), /as many elements/);
});

Deno.test("gradients() refuses a source that the output does not depend on", () => {
  const [x, w, other] = [input("x", ["n", 2]), input("w", [3, 2]), input("other", [1])];
  const y = linear(x, w);
  assert.throws(() => gradients(y, input("seed", y.shape), [w, other]), /depend on "other"/);
});

Deno.test("OnnxSession.run() computes one graph at several sizes and reads arrays in place", async () => {
  const x = input("x", ["n", 2]);
  const doubled = reshape(multiply(x, 2), [product("n", 2)]);
  await using session = await OnnxSession.create({ doubled }, { threads: 1 });
  const data = Float32Array.of(1, 2, 3, 4);
  assert.deepEqual((await session.run({ n: 2 }, { x: data })).doubled, Float32Array.of(2, 4, 6, 8));
  data[0] = 5;
  const part = { x: data.subarray(0, 2) };
  assert.deepEqual((await session.run({ n: 1 }, part)).doubled, Float32Array.of(10, 4));
});

Deno.test("OnnxSession.run() names an input that is missing or not as long as its shape", async () => {
  const x = input("x", ["n", 2]);
  await using session = await OnnxSession.create({ doubled: multiply(x, 2) }, { threads: 1 });
  const run = (feeds: Record<string, Float32Array>) => session.run({ n: 2 }, feeds);
  await assert.rejects(run({ x: new Float32Array(3) }), /"x".*\[2,2\]: 3 elements were given/);
  await assert.rejects(run({}), /"x".*nothing was given/);
});
