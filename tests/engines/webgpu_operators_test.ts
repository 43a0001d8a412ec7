import assert from "finestep/assert";
import { OnnxSession } from "../../src/engines/onnx_session.ts";
import { onWebgpu } from "../../src/engines/webgpu_operators.ts";
import { logSoftmax, multiply } from "../../src/models/graph/operations.ts";
import { onnxModel } from "../../src/models/graph/onnx_model.ts";
import { input } from "../../src/models/graph/tensor.ts";

const X = input("x", ["rows", 4]);

Deno.test("onWebgpu() makes LogSoftmax of other operators, exact for chances too small for a float", async () => {
  const outputs = { y: multiply(logSoftmax(X), 2) };
  await using plain = await OnnxSession.create(outputs, { threads: 1 });
  await using rewritten = await OnnxSession.create(onWebgpu(outputs), { threads: 1 });
  assert.doesNotMatch(new TextDecoder().decode(onnxModel(onWebgpu(outputs)).bytes), /LogSoftmax/);
  const x = Float32Array.of(1, 2, 3, 4, 500, -500, 0, 1000);
  const { y } = await plain.run({ rows: 2 }, { x });
  assert.deepEqual(y.slice(4), Float32Array.of(-1000, -3000, -2000, 0));
  (await rewritten.run({ rows: 2 }, { x })).y.forEach((value, i) =>
    assert.ok(Math.abs(value - y[i]) < 1e-5, `${value} ${y[i]}`)
  );
});

Deno.test("onWebgpu() keeps what a graph computes once at once", () => {
  const doubled = multiply(X, 2);
  const outputs = { a: multiply(doubled, doubled), b: multiply(doubled, 3) };
  assert.deepEqual(onnxModel(onWebgpu(outputs)).bytes, onnxModel(outputs).bytes);
});
