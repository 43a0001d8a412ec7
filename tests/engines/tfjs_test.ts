import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { OnnxDecoder } from "../../src/engines/onnx_decoder.ts";
import { OnnxNetwork } from "../../src/engines/onnx_network.ts";
import { TfjsEngine } from "../../src/engines/tfjs.ts";
import { tfjsBackend } from "../../src/engines/tfjs_backend.ts";
import { TfjsDecoder } from "../../src/engines/tfjs_decoder.ts";
import { TfjsNetwork } from "../../src/engines/tfjs_network.ts";
import { TfjsSession } from "../../src/engines/tfjs_session.ts";
import { add, matmul } from "../../src/models/graph/operations.ts";
import { input, operation } from "../../src/models/graph/tensor.ts";
import {
  batchOf,
  livelyWeights,
  tinyConfig,
  tinyOptions,
  weightedLogprobs,
} from "./engine_fixtures.ts";

const CONFIG = tinyConfig({ max_position_embeddings: 320 });

const switchToCpu = await tfjsBackend("cpu");

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

Deno.test("TfjsDecoder gives the default one's logits as slots fork, rest, grow and are freed", async () => {
  await using onnx = new OnnxNetwork({ config: CONFIG, lora: null }, livelyWeights(CONFIG, 5), {
    threads: 1,
  });
  await using tfjs = new TfjsNetwork(
    { config: CONFIG, lora: null },
    livelyWeights(CONFIG, 5),
    switchToCpu,
  );
  const decoders = [new OnnxDecoder(onnx), new TfjsDecoder(tfjs)];
  // Longer than 128 tokens, so that the caches grow on the way.
  const long = Array.from({ length: 126 }, (_, i) => (i * 5 + i * i) % 24);
  const [expected, actual] = await Promise.all(decoders.map(async (decoder) => {
    const rows: Float32Array[] = [];
    const decode = async (...tokens: ([number, number] | null)[]) => {
      const given = tokens.map((pair) => pair && { token: pair[0], position: pair[1] });
      const logits = await decoder.decode(given);
      given.forEach((token, slot) => token && rows.push(logits.slice(slot * 24, slot * 24 + 24)));
    };
    rows.push((await decoder.prefill([4, 8, 15, 16])).slice());
    rows.push((await decoder.prefill(long)).slice());
    await decode([3, 4], [5, 126]);
    decoder.fork(0, 4);
    await decode([7, 5], null, [9, 4]);
    await decode(null, [6, 127], [1, 5]);
    await decode([2, 6], [6, 128], [1, 6]);
    decoder.free(1);
    await decode([11, 7], [12, 7]);
    decoder.free(0);
    decoder.free(0);
    rows.push((await decoder.prefill([23])).slice());
    await decode([22, 1]);
    return rows;
  }));
  assert.equal(actual.length, expected.length);
  expected.forEach((row, i) =>
    row.forEach((logit, v) => assert.ok(Math.abs(actual[i][v] - logit) < 1e-4, `${i} ${v}`))
  );
});
