import assert from "node:assert/strict";
import { DeviceAdamW } from "../../src/engines/adamw_graph.ts";
import { contextFeeds } from "../../src/engines/context.ts";
import { chooseDevice, probeDevices } from "../../src/engines/device.ts";
import { microBatches } from "../../src/engines/micro_batches.ts";
import { type DeviceKind, OnnxSession } from "../../src/engines/onnx_session.ts";
import { matmul, multiply } from "../../src/models/graph/operations.ts";
import { input } from "../../src/models/graph/tensor.ts";
import { gradientGraph, gradientName, rotaryTable } from "../../src/models/transformer.ts";
import { weightShapes } from "../../src/models/weights.ts";
import {
  batchOf,
  livelyWeights,
  tinyConfig,
  tinyEngine,
  weightedLogprobs,
} from "./engine_fixtures.ts";
import { onEachDevice, onWebgpu } from "./devices.ts";

const PROBES = await probeDevices();

Deno.test("probeDevices() finds the processor, and says why others cannot be used", () => {
  assert.deepEqual(PROBES.map(({ kind }) => kind), ["cuda", "webgpu", "cpu"]);
  assert.equal(PROBES[2].problem, null);
  for (const { isThere, problem } of PROBES) {
    if (!isThere) assert.match(problem!, /see docs\/engines\.md, Devices$/);
  }
});

Deno.test("chooseDevice() takes the fastest that works for auto, and no software for a graphics card", async () => {
  const expected = PROBES.find(({ problem, isSoftware }) => problem === null && !isSoftware)!;
  const { kind, name } = await chooseDevice("auto");
  assert.deepEqual({ kind, name }, { kind: expected.kind, name: expected.name });
});

for (const { kind, problem } of PROBES) {
  Deno.test({
    name: `chooseDevice() refuses ${kind} with what to do about it`,
    ignore: problem === null,
    fn: () =>
      assert.rejects(
        chooseDevice(kind),
        (error: Error) =>
          error.message === `Cannot run on "${kind}" as the device must answer: ${problem}`,
      ),
  });
}

onEachDevice(
  "OnnxSession.runKeeping() gives outputs that other sessions are fed",
  async (device) => {
    const x = input("x", ["rows", 2]);
    const options = { threads: 1, device };
    await using doubling = await OnnxSession.create(
      { kept: multiply(x, 2), read: multiply(x, 3) },
      options,
      ["kept"],
    );
    await using flat = await OnnxSession.create({ y: multiply(input("x", ["n"]), 1) }, options);
    const first = await doubling.runKeeping({ rows: 2 }, { x: Float32Array.of(1, 2, 3, 4) });
    assert.deepEqual(first.read, { read: Float32Array.of(3, 6, 9, 12) });
    using once = first.kept.kept;
    assert.deepEqual(once.shape, [2, 2]);
    const second = await doubling.runKeeping({ rows: 2 }, { x: once });
    using twice = second.kept.kept;
    assert.deepEqual(second.read, { read: Float32Array.of(6, 12, 18, 24) });
    assert.deepEqual((await flat.run({ n: 4 }, { x: twice })).y, Float32Array.of(4, 8, 12, 16));
    await assert.rejects(flat.run({ n: 3 }, { x: twice }), /"x".*\[3\].*4 elements/);
  },
);

onWebgpu("OnnxSession.run() refuses a size of 0, which crashes there", async () => {
  const outputs = { y: matmul(input("a", [1, "n"]), input("b", ["n", 1])) };
  await using session = await OnnxSession.create(outputs, { threads: 1, device: "webgpu" });
  const none = new Float32Array(0);
  await assert.rejects(session.run({ n: 0 }, { a: none, b: none }), /at least 1 there: "n" is 0/);
});

const IDS = Array.from({ length: 68 }, (_, i) => (i * 7 + i * i) % 24);
const BATCH = batchOf([7, 40, 21], IDS, (token) => token % 3);
const WEIGHTS = IDS.map((_, token) => BATCH.actionMask[token] * Math.cos(token) / 40);
const SURROGATE = weightedLogprobs(WEIGHTS);
/** Those of `tinyEngine`. */
const ADAM = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01 };
/** Each trajectory alone, so that gradients are added up. */
const LIMITS = { maxTokens: 1, maxPairs: 1, pairsPerToken: 1 };

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const scale = Math.max(...Array.from(expected, Math.abs));
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= 1e-4 * scale, `${actual[i]} ${expected[i]}`);
  }
}

onWebgpu("OnnxEngine gives the processor's logprobs and gradients of all weights", async () => {
  await using cpu = await tinyEngine();
  await using webgpu = await tinyEngine({ device: "webgpu" });
  assertClose(await webgpu.logprobs(BATCH), await cpu.logprobs(BATCH));
  // After one step the first moments are the gradients, but for a factor.
  for (const engine of [cpu, webgpu]) await engine.update(BATCH, SURROGATE, 0);
  const [actual, expected] = [webgpu.state().tensors, cpu.state().tensors];
  for (const [name, { data }] of expected) {
    if (name.startsWith("adam.m.")) assertClose(actual.get(name)!.data, data);
  }
});

onWebgpu("OnnxEngine.update() goes down the processor's losses", async () => {
  await using cpu = await tinyEngine();
  await using webgpu = await tinyEngine({ device: "webgpu" });
  for (let step = 0; step < 3; step++) {
    const expected = await cpu.update(BATCH, SURROGATE, 0.01);
    const actual = await webgpu.update(BATCH, SURROGATE, 0.01);
    assertClose([actual.loss, actual.gradientNorm], [expected.loss, expected.gradientNorm]);
  }
});

onEachDevice(
  "DeviceAdamW trains on kept gradients as the engine does on arrays",
  async (device) => {
    const options = { threads: 2, device };
    const config = tinyConfig();
    const names = [...weightShapes(config).keys()];
    await using engine = await tinyEngine();
    await using optimizer = await DeviceAdamW.create(livelyWeights(config, 5), ADAM, options);
    await using graph = await OnnxSession.create(
      gradientGraph({ config, lora: null }),
      options,
      names.map(gradientName),
    );
    for (let step = 0; step < 3; step++) {
      const expected = await engine.update(BATCH, SURROGATE, 0.01);
      let loss = 0;
      for (const micro of microBatches(BATCH, (token) => WEIGHTS[token] !== 0, LIMITS)) {
        const { ids, positions, targets, tokens, batch, length } = micro;
        const sizes = { batch, length, rows: tokens.length };
        const seed = Float32Array.from(tokens, (token) => -WEIGHTS[token]);
        const context = contextFeeds(micro, rotaryTable(config, length), config);
        const feeds = { ids, positions, targets, seed, ...context, ...optimizer.weights };
        const { read, kept } = await graph.runKeeping(sizes, feeds);
        tokens.forEach((token, row) => {
          // The engine shows the surrogate no others.
          if (BATCH.actionMask[token] === 1) loss -= WEIGHTS[token] * read.logprobs[row];
        });
        await optimizer.accumulate(
          Object.fromEntries(names.map((name) => [name, kept[gradientName(name)]])),
        );
      }
      const norm = await optimizer.gradientNorm();
      await optimizer.step(0.01, Math.min(1, 1 / norm));
      assertClose([loss, norm], [expected.loss, expected.gradientNorm]);
    }
  },
);

onWebgpu("OnnxEngine.policy() says greedily what it says on the processor", async () => {
  const [expected, actual] = [await said("cpu"), await said("webgpu")];
  assert.ok(expected.text.split(" ").length > 1);
  assert.deepEqual(actual, expected);
});

async function said(device: DeviceKind) {
  await using engine = await tinyEngine({ device });
  const policy = engine.policy({ temperature: 0, maxTurnTokens: 60 });
  const prompt = [{ role: "user", content: "5 9 11 4" } as const];
  const conversation = policy.start(prompt, { exampleId: "one", seed: 1 });
  try {
    return await conversation.act();
  } finally {
    conversation.close();
  }
}
