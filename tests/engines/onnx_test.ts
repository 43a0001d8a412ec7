import assert from "node:assert/strict";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import type { EngineState } from "../../src/engines/engine.ts";
import { initialWeights } from "../../src/models/weights.ts";
import { batchOf, plainChat, tinyConfig, tinyEngine, weightedLogprobs } from "./engine_fixtures.ts";

const LENGTHS = [7, 40, 21];
const IDS = Array.from({ length: 68 }, (_, i) => (i * 7 + i * i) % 24);
const BATCH = batchOf(LENGTHS, IDS, (token) => token % 3);
const WEIGHTS = IDS.map((_, token) => BATCH.actionMask[token] * Math.cos(token) / 40);
const SURROGATE = weightedLogprobs(WEIGHTS);

function assertSameState(actual: EngineState, expected: EngineState) {
  assert.equal(actual.optimizerSteps, expected.optimizerSteps);
  assert.deepEqual(actual.tensors, expected.tensors);
}

Deno.test("OnnxEngine.logprobs() are logs of chances that sum to 1", async () => {
  await using engine = await tinyEngine();
  const prefix = [5, 9, 11];
  const every = Array.from({ length: 24 }, (_, token) => [...prefix, token]);
  const batch = batchOf(every.map(() => 4), every.flat(), () => 1);
  const logprobs = await engine.logprobs(batch);
  const total = every.reduce((sum, _, n) => sum + Math.exp(logprobs[4 * n + 3]), 0);
  assert.ok(Math.abs(total - 1) < 1e-5);
  assert.equal(logprobs[0], 0);
});

Deno.test("OnnxEngine.logprobs() of a trajectory do not depend on the others or on micro-batches", async () => {
  await using together = await tinyEngine();
  await using apart = await tinyEngine({ microBatchTokens: 1 });
  const all = await together.logprobs(BATCH);
  const alone = await apart.logprobs(BATCH);
  all.forEach((logprob, token) => assert.ok(Math.abs(logprob - alone[token]) < 1e-5));
});

Deno.test("OnnxEngine.logprobs() refuses a trajectory longer than the context", async () => {
  await using engine = await tinyEngine();
  const batch = batchOf([170], new Array(170).fill(1), () => 1);
  await assert.rejects(engine.logprobs(batch), /holds at most 160/);
});

Deno.test("OnnxEngine.update() lowers a loss that it is asked to lower", async () => {
  await using engine = await tinyEngine();
  const losses: number[] = [];
  for (let i = 0; i < 10; i++) losses.push((await engine.update(BATCH, SURROGATE, 0.01)).loss);
  assert.ok(losses[9] < losses[0] - 0.1, String(losses));
});

Deno.test("OnnxEngine.update() shows the surrogate logprobs at the mask and gives its metrics back", async () => {
  await using engine = await tinyEngine();
  const expected = await engine.logprobs(BATCH);
  const report = await engine.update(BATCH, (logprobs, batch) => {
    logprobs.forEach((logprob, token) => {
      const shown = batch.actionMask[token] === 1 ? expected[token] : 0;
      assert.ok(Math.abs(logprob - shown) < 1e-5);
    });
    return { ...SURROGATE(logprobs, batch), metrics: { "loss/seen": 1 } };
  }, 0.01);
  assert.deepEqual(report.metrics, { "loss/seen": 1 });
  assert.equal(report.isApplied, true);
});

Deno.test("OnnxEngine.update() clips the gradient to its largest norm", async () => {
  await using engine = await tinyEngine({ maxGradientNorm: 0.25 });
  const { gradientNorm } = await engine.update(BATCH, SURROGATE, 0.01);
  assert.ok(gradientNorm > 0.25);
  const { tensors } = engine.state();
  let squares = 0;
  for (const [name, { data }] of tensors) {
    // The first moment is (1 - beta1) times the clipped gradient.
    if (name.startsWith("adam.m.")) { for (const m of data) squares += (m / (1 - 0.9)) ** 2; }
  }
  assert.ok(Math.abs(Math.sqrt(squares) - 0.25) < 1e-5);
});

for (
  const [what, change] of Object.entries({
    "a loss": { loss: NaN },
    "one gradient": { gradient: Float64Array.from(WEIGHTS, (x, i) => i === 25 ? Infinity : x) },
  })
) {
  Deno.test(`OnnxEngine.update() changes nothing when ${what} is not finite`, async () => {
    await using engine = await tinyEngine();
    await engine.update(BATCH, SURROGATE, 0.01);
    const before = engine.state();
    assert.equal(BATCH.actionMask[25], 1);
    const broken = await engine.update(
      BATCH,
      (logprobs, batch) => ({ ...SURROGATE(logprobs, batch), ...change }),
      0.01,
    );
    assert.equal(broken.isApplied, false);
    assertSameState(engine.state(), before);
  });
}

Deno.test("OnnxEngine.update() without any gradient moves by momentum only", async () => {
  await using engine = await tinyEngine();
  const report = await engine.update(BATCH, weightedLogprobs(new Float64Array(68)), 0.01);
  assert.equal(report.gradientNorm, 0);
  assert.equal(report.isApplied, true);
});

Deno.test("OnnxEngine.restore() goes on exactly where state() was taken", async () => {
  await using engine = await tinyEngine();
  await engine.update(BATCH, SURROGATE, 0.01);
  const kept = engine.state();
  await engine.update(BATCH, SURROGATE, 0.01);
  const expected = engine.state();
  assert.notDeepEqual(kept.tensors, expected.tensors);

  await using other = await tinyEngine({ weights: initialWeights(tinyConfig(), 99) });
  other.restore(kept);
  assertSameState(other.state(), kept);
  await other.update(BATCH, SURROGATE, 0.01);
  assertSameState(other.state(), expected);
});

Deno.test("OnnxEngine.restore() refuses another model's state and keeps its own", async () => {
  await using engine = await tinyEngine();
  await using larger = await tinyEngine({ config: tinyConfig({ intermediate_size: 32 }) });
  const before = engine.state();
  assert.throws(() => engine.restore(larger.state()), {
    name: "TypeError",
    message:
      /"model.layers.0.mlp.gate_proj.weight" as its shape must be \[24,16\]: it is \[32,16\]/,
  });
  assertSameState(engine.state(), before);
});

Deno.test("OnnxEngine.create() refuses a tokenizer with more tokens than the model", async () => {
  const config = tinyConfig();
  await assert.rejects(
    async () =>
      await OnnxEngine.create({
        config,
        weights: initialWeights(config, 1),
        chat: plainChat(25),
        adam: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 },
        maxGradientNorm: 1,
        threads: 1,
        microBatchTokens: 64,
      }),
    /it has 25, the model 24/,
  );
});
