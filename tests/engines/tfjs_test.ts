import assert from "finestep/assert";
import * as tf from "@tensorflow/tfjs-core";
import { OnnxDecoder } from "../../src/engines/onnx_decoder.ts";
import { TfjsEngine } from "../../src/engines/tfjs.ts";
import { tfjsBackend } from "../../src/engines/tfjs_backend.ts";
import { TfjsNetwork } from "../../src/engines/tfjs_network.ts";
import { TfjsSession } from "../../src/engines/tfjs_session.ts";
import { add, matmul } from "../../src/models/graph/operations.ts";
import { input, operation } from "../../src/models/graph/tensor.ts";
import { batchOf, tinyOptions, weightedLogprobs } from "./engine_fixtures.ts";

await tfjsBackend("cpu");

Deno.test("TfjsSession.run() frees all but its outputs, once each, with inputs that stay", () => {
  const [a, b] = [input("a", ["rows", 2]), input("b", [2, 2])];
  const square = matmul(b, b);
  const session = new TfjsSession({ square, sum: add(matmul(a, square), a) });
  const before = tf.memory().numTensors;
  const kept = tf.tensor([1, 2, 3, 4]);
  const { square: found, sum } = session.run({ rows: 1 }, { a: Float32Array.of(1, 1), b: kept });
  assert.deepEqual(found.arraySync(), [[7, 10], [15, 22]]);
  assert.deepEqual(sum.arraySync(), [[23, 33]]);
  assert.deepEqual(kept.arraySync(), [1, 2, 3, 4]);
  tf.dispose([found, sum, kept]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("TfjsSession.run() refuses an input of another size", () => {
  const session = new TfjsSession({ twice: add(input("x", ["rows"]), input("x", ["rows"])) });
  assert.throws(() => session.run({ rows: 3 }, { x: Float32Array.of(1) }), {
    name: "TypeError",
    message: 'Cannot feed "x" as its shape must be [3]: 1 elements were given',
  });
});

Deno.test("TfjsSession refuses an operator that it does not know", () => {
  const unknown = operation("Round", [input("x", [1])], [1]);
  assert.throws(() => new TfjsSession({ unknown }), {
    name: "TypeError",
    message: /each operator must be known: "Round" is not/,
  });
});

Deno.test("TfjsEngine gives back all memory on the device, with conversations open", async () => {
  const before = tf.memory().numTensors;
  {
    await using engine = await TfjsEngine.create({ ...tinyOptions(), backend: "cpu" });
    const batch = batchOf([9], [1, 2, 3, 4, 5, 6, 7, 8, 9], () => 1);
    await engine.update(batch, weightedLogprobs(new Float64Array(9).fill(1)), 0.01);
    const policy = engine.policy({ temperature: 1, maxTurnTokens: 3 });
    const start = () => policy.start([{ role: "user", content: "5" }], { exampleId: "", seed: 1 });
    await Promise.all([start(), start()].map((conversation) => conversation.act()));
    assert.ok(tf.memory().numTensors > before);
  }
  assert.equal(tf.memory().numTensors, before);
});

Deno.test({
  name: "TfjsNetwork.run() throws what WebGPU refused, where FINESTEP_TFJS_BACKENDS names webgpu",
  ignore: !Deno.env.get("FINESTEP_TFJS_BACKENDS")?.split(",").includes("webgpu"),
  fn: async () => {
    const { config, weights } = tinyOptions();
    const shape = { config, lora: null };
    await using network = new TfjsNetwork(shape, weights, await tfjsBackend("webgpu"));
    const decoder = new OnnxDecoder(Object.assign(network, { minSize: 0 }));
    await assert.rejects(decoder.prefill([1, 2, 3]), /must accept each command: Binding size 0/);
  },
});
