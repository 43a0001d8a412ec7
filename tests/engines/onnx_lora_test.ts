import assert from "finestep/assert";
import { contextFeeds } from "../../src/engines/context.ts";
import type { OnnxEngine } from "../../src/engines/onnx.ts";
import { OnnxNetwork } from "../../src/engines/onnx_network.ts";
import {
  adapterNames,
  adapterScale,
  adapterShapes,
  initialAdapters,
  LORA_TARGETS,
  mergedWeights,
} from "../../src/models/lora.ts";
import { gradientName } from "../../src/models/transformer.ts";
import type { NamedTensors } from "../../src/models/weights.ts";
import {
  batchOf,
  livelyWeights,
  tinyConfig,
  tinyEngine,
  weightedLogprobs,
} from "./engine_fixtures.ts";

const LORA = { rank: 3, alpha: 6, targets: LORA_TARGETS };
const CONFIG = tinyConfig({ model_type: "qwen3" });
const BATCH = batchOf(
  [7, 4],
  Array.from({ length: 11 }, (_, i) => (i * 5) % 24),
  (token) => token % 2,
);

/** Adapters whose products are not zero. */
function livelyAdapters(): NamedTensors {
  const adapters = initialAdapters(CONFIG, LORA, 3);
  for (const [name, { data }] of adapters) {
    if (name.endsWith("lora_B.weight")) data.forEach((_, i) => data[i] = Math.sin(i + 1) / 3);
  }
  return adapters;
}

function adaptedEngine(weights: NamedTensors): Promise<OnnxEngine> {
  return tinyEngine({ config: CONFIG, adapters: { shape: LORA, weights } });
}

Deno.test("OnnxEngine with new adapters gives the logprobs of the model without them", async () => {
  await using plain = await tinyEngine({ config: CONFIG });
  await using adapted = await adaptedEngine(initialAdapters(CONFIG, LORA, 3));
  assert.deepEqual(await adapted.logprobs(BATCH), await plain.logprobs(BATCH));
});

Deno.test("mergedWeights() give the logprobs of the weights with adapters beside them", async () => {
  const adapters = livelyAdapters();
  await using adapted = await adaptedEngine(adapters);
  await using plain = await tinyEngine({ config: CONFIG });
  const weights = mergedWeights(CONFIG, LORA, { weights: livelyWeights(CONFIG, 5), adapters });
  await using merged = await tinyEngine({ config: CONFIG, weights });
  const [expected, found] = [await adapted.logprobs(BATCH), await merged.logprobs(BATCH)];
  const without = await plain.logprobs(BATCH);
  expected.forEach((logprob, token) => assert.ok(Math.abs(found[token] - logprob) < 1e-4));
  assert.ok(expected.some((logprob, token) => Math.abs(without[token] - logprob) > 0.01));
});

Deno.test("the gradients of adapters are those of the merged matrix, by the chain rule", async () => {
  const adapters = livelyAdapters();
  const weights = livelyWeights(CONFIG, 5);
  const merged = mergedWeights(CONFIG, LORA, { weights, adapters });
  const gradientsOf = async (shape: typeof LORA | null, all: NamedTensors) => {
    await using network = new OnnxNetwork({ config: CONFIG, lora: shape }, all, { threads: 1 });
    return await network.run("gradients", { batch: 1, length: 7, rows: 2 }, {
      ids: BATCH.ids.subarray(0, 7),
      positions: Int32Array.of(2, 5),
      targets: Int32Array.of(4, 9),
      seed: Float32Array.of(1, -0.5),
      ...contextFeeds(
        { batch: 1, length: 7, rows: [{ shared: 7, branches: [] }] },
        network.rotary,
        CONFIG,
      ),
    });
  };
  const byAdapter = await gradientsOf(LORA, new Map([...weights, ...adapters]));
  const byMatrix = await gradientsOf(null, merged);
  for (const target of ["self_attn.q_proj", "mlp.down_proj"]) {
    const module = `model.layers.1.${target}`;
    const names = adapterNames(module);
    const { shape: [rows, columns] } = weights.get(`${module}.weight`)!;
    const whole = byMatrix[gradientName(`${module}.weight`)];
    const [a, b] = [adapters.get(names.a)!.data, adapters.get(names.b)!.data];
    const scale = adapterScale(LORA);
    for (let r = 0; r < LORA.rank; r++) {
      for (let row = 0; row < rows; row++) {
        let expected = 0;
        for (let c = 0; c < columns; c++) expected += whole[row * columns + c] * a[r * columns + c];
        const found = byAdapter[gradientName(names.b)][row * LORA.rank + r];
        assert.ok(Math.abs(found - scale * expected) < 1e-4 * Math.max(1, Math.abs(found)));
      }
      for (let c = 0; c < columns; c++) {
        let expected = 0;
        for (let row = 0; row < rows; row++) {
          expected += b[row * LORA.rank + r] * whole[row * columns + c];
        }
        const found = byAdapter[gradientName(names.a)][r * columns + c];
        assert.ok(Math.abs(found - scale * expected) < 1e-4 * Math.max(1, Math.abs(found)));
      }
    }
  }
});

Deno.test("OnnxEngine.update() with adapters leaves the weights as they are", async () => {
  const weights = livelyWeights(CONFIG, 5);
  const adapters = initialAdapters(CONFIG, LORA, 3);
  await using engine = await tinyEngine({
    config: CONFIG,
    weights,
    adapters: { shape: LORA, weights: adapters },
  });
  const surrogate = weightedLogprobs(Float64Array.from(BATCH.actionMask, (mask) => mask));
  const before = await engine.logprobs(BATCH);
  for (let step = 0; step < 3; step++) await engine.update(BATCH, surrogate, 0.01);
  const after = await engine.logprobs(BATCH);
  const total = (logprobs: Float64Array) =>
    logprobs.reduce((sum, logprob, token) => sum + logprob * BATCH.actionMask[token], 0);
  assert.deepEqual(weights, livelyWeights(CONFIG, 5));
  assert.ok(total(after) > total(before) + 0.5, `${total(before)} -> ${total(after)}`);
  const names = [...(await engine.state()).tensors.keys()];
  assert.equal(names.length, 3 * adapterShapes(CONFIG, LORA).size);
});

Deno.test("adapterShapes() refuses targets that are no linear layers", () => {
  assert.throws(
    () => adapterShapes(CONFIG, { ...LORA, targets: ["q_proj", "lm_head"] }),
    /must be among q_proj, .*"lm_head" is not/,
  );
  assert.throws(() => adapterShapes(CONFIG, { ...LORA, targets: [] }), /none is given/);
});

Deno.test("OnnxEngine gives the same gradients to the last bit when layers are computed again", async () => {
  const states = await Promise.all([0, Infinity].map(async (activationBytes) => {
    await using engine = await tinyEngine({ config: CONFIG, activationBytes });
    const surrogate = weightedLogprobs(Float64Array.from(BATCH.actionMask, (mask) => -mask));
    await engine.update(BATCH, surrogate, 0.01);
    return await engine.state();
  }));
  assert.deepEqual(states[0], states[1]);
});
