import assert from "finestep/assert";
import type { OnnxEngineOptions } from "../../src/engines/onnx.ts";
import { loadAdapters } from "../../src/models/adapter_folder.ts";
import { mergedWeights } from "../../src/models/lora.ts";
import { loadModel } from "../../src/models/model_folder.ts";
import {
  batchIn,
  crossEntropy,
  engineOf,
  type Golden,
  type GoldenAdapters,
  goldenFolder,
  type GoldenModel,
  goldenOf,
  type TrainedModel,
} from "./golden_models.ts";

// All numbers are from fixtures/golden/models/make_golden.py: transformers, torch and PEFT, in float32.
const MODELS = ["llama", "llama_rope", "qwen2", "qwen3"];
const TOLERANCE = 1e-4;

/** The largest difference, relative to the largest expected magnitude. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / largest;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string) {
  assert.equal(actual.length, expected.length, what);
  const error = relativeError(actual, expected);
  assert.ok(error <= TOLERANCE, `${what}: off by ${error}`);
}

/** Gradients of a first step: without clipping, the optimizer's first moments are a share of them. */
async function gradientsOf(
  golden: Golden,
  model: TrainedModel,
  changes: Partial<OnnxEngineOptions>,
) {
  await using engine = await engineOf(golden, model, { ...changes, maxGradientNorm: Infinity });
  await engine.update(batchIn(golden), crossEntropy(golden), 0);
  const { tensors } = await engine.state();
  return (name: string) =>
    tensors.get(`adam.m.${name}`)?.data.map((moment) => moment / (1 - golden.adam.beta1));
}

function checkTraining(title: string, golden: Golden, model: () => Promise<TrainedModel>) {
  Deno.test(`Engine.logprobs() equals transformers', ${title}`, async () => {
    await using engine = await engineOf(golden, await model());
    assertClose(await engine.logprobs(batchIn(golden)), golden.logprobs, "logprobs");
  });

  const sizes = {
    "one batch": {},
    "layers computed again, small batches": { microBatchTokens: 40, activationBytes: 0 },
  };
  for (const [size, changes] of Object.entries(sizes)) {
    Deno.test(`Engine.update() has torch's gradient of every weight, ${title}, ${size}`, async () => {
      const gradient = await gradientsOf(golden, await model(), changes);
      for (const [name, { data }] of golden.gradients) {
        const own = gradient(name);
        assert.ok(own, `${name} has no gradient`);
        assertClose(own, data, name);
      }
    });
  }

  Deno.test(`Engine.update() follows torch's AdamW, ${title}`, async () => {
    await using engine = await engineOf(golden, await model());
    const [losses, norms]: [number[], number[]] = [[], []];
    for (const step of golden.losses.keys()) {
      const report = await engine.update(
        batchIn(golden),
        crossEntropy(golden),
        golden.learningRate,
      );
      losses.push(report.loss);
      norms.push(report.gradientNorm);
      if (step === 0) {
        const logprobs = await engine.logprobs(batchIn(golden));
        assertClose(logprobs, golden.logprobsAfterStep, "logprobs after a step");
      }
    }
    assertClose(losses, golden.losses, "losses");
    assertClose(norms, golden.gradientNorms, "gradient norms");
  });
}

for (const name of MODELS) {
  const golden = goldenOf<GoldenModel>(name);
  checkTraining(name, golden, () => loadModel(goldenFolder(name)));

  Deno.test(`Engine.policy() speaks 64 tokens greedily as transformers does, ${name}`, async () => {
    const { prompt, generated } = golden.greedy;
    await using engine = await engineOf(golden, await loadModel(goldenFolder(name)));
    const policy = engine.policy({ temperature: 0, maxTurnTokens: generated.length });
    const message = { role: "user", content: prompt.join(" ") } as const;
    const conversation = policy.start([message], { exampleId: name, seed: 0 });
    await conversation.act();
    const { ids, actionMask } = conversation.close()!;
    const isChosen = (_: number, token: number) => actionMask[token] === 1;
    assert.deepEqual(Array.from(ids.filter(isChosen)), generated);
    assert.deepEqual(Array.from(ids.slice(0, prompt.length)), prompt);
  });
}

const adapters = goldenOf<GoldenAdapters>("llama_lora");

async function adaptedModel() {
  const model = await loadModel(goldenFolder("llama"));
  return { ...model, adapters: await loadAdapters(goldenFolder("llama_lora"), model.config) };
}

checkTraining("adapters that PEFT saved", adapters, adaptedModel);

Deno.test("mergedWeights() gives the logprobs of PEFT's merged model", async () => {
  const { adapters: { shape, weights: matrices }, ...model } = await adaptedModel();
  const weights = mergedWeights(model.config, shape, { ...model, adapters: matrices });
  await using engine = await engineOf(adapters, { ...model, weights });
  assertClose(await engine.logprobs(batchIn(adapters)), adapters.mergedLogprobs, "logprobs");
});
