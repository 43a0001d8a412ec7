/**
 * That an engine computes what the default engine does on the CPU, which golden files hold to torch
 * and transformers (tests/engines, tests/models).
 *
 * @module
 */

import assert from "finestep/assert";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import type { EmbeddedEngineOptions } from "../../src/engines/embedded.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { initialAdapters, LORA_TARGETS } from "../../src/models/lora.ts";
import { plainChat, tinyConfig, tinyOptions } from "../engines/engine_fixtures.ts";
import { BATCH } from "../engines/update_batch.ts";
import type { EngineSubject } from "./engine_contract.ts";

/** Largest difference, relative to the largest element of a quantity. */
const TOLERANCE = 1e-4;

const STEPS = 3;
const LEARNING_RATE = 0.01;

/** Each family with its own table as the last layer or the embedding's; `adapters` are on all layers. */
const MODELS = {
  "Llama": { model_type: "llama" },
  "Llama with tied embeddings": { model_type: "llama", tie_word_embeddings: true },
  "Qwen2": { model_type: "qwen2" },
  "Qwen3 with tied embeddings": { model_type: "qwen3", tie_word_embeddings: true },
  "Qwen3 with adapters": { model_type: "qwen3", adapters: true },
};

/** One of each form that the loss takes: ratios by token or by sequence, clips, means. */
const ALGORITHMS = ["finestep", "grpo", "dapo", "gspo", "sft"];

/** Options over new copies of the same weights. */
function optionsFor({ adapters, ...config }: { adapters?: boolean } & Record<string, unknown>) {
  const options: EmbeddedEngineOptions = tinyOptions({
    config: tinyConfig(config),
    // No token ends a turn, so that each has its full length.
    chat: { ...plainChat(24), endsTurn: new Set() },
    // With a small epsilon AdamW makes whole steps of the rounding of gradients that are 0.
    adam: { beta1: 0.9, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.01 },
    microBatchTokens: 64,
  });
  if (!adapters) return options;
  const shape = { rank: 3, alpha: 6, targets: LORA_TARGETS };
  const weights = initialAdapters(options.config, shape, 3);
  for (const [name, { data }] of weights) {
    if (name.endsWith("lora_B.weight")) data.forEach((_, i) => data[i] = Math.sin(i + 1) / 3);
  }
  return { ...options, adapters: { shape, weights } };
}

/** Registers the tests. */
export function engineAgreement({ name, create }: EngineSubject): void {
  const both = async (
    model: Record<string, unknown>,
    use: (own: Engine, reference: Engine) => Promise<void>,
  ) => {
    await using own = await create(optionsFor(model));
    await using reference = await OnnxEngine.create({ ...optionsFor(model), threads: 1 });
    await use(own, reference);
  };

  for (const [title, model] of Object.entries(MODELS)) {
    Deno.test(`engine agreement: ${name} gives the logprobs and gradients of ${title}`, async () => {
      await both(model, async (own, reference) => {
        assertClose(await own.logprobs(BATCH), await reference.logprobs(BATCH), "logprobs");
        await assertSameUpdates(own, reference, { algorithm: "finestep", steps: STEPS });
      });
    });
  }

  for (const algorithm of ALGORITHMS) {
    Deno.test(`engine agreement: ${name} takes the step of ${algorithm}`, async () => {
      await both(MODELS.Llama, async (own, reference) => {
        await assertSameUpdates(own, reference, { algorithm, steps: 1 });
      });
    });
  }

  Deno.test(`engine agreement: ${name} says greedily the same tokens in the same turns`, async () => {
    await both(MODELS.Qwen2, async (own, reference) => {
      const [actual, expected] = [await said(own), await said(reference)];
      assert(expected.every((ids) => ids.length > 64));
      assert.deepEqual(actual, expected);
    });
  });
}

/** After a step the first moments are the gradients, but for a factor. */
async function assertSameUpdates(
  own: Engine,
  reference: Engine,
  { algorithm, steps }: { readonly algorithm: string; readonly steps: number },
): Promise<void> {
  const { surrogate } = makeAlgorithm(algorithm);
  for (let step = 0; step < steps; step++) {
    const expected = await reference.update(BATCH, surrogate, LEARNING_RATE);
    const actual = await own.update(BATCH, surrogate, LEARNING_RATE);
    assert(expected.isApplied && expected.gradientNorm > 0);
    assertClose([actual.loss], [expected.loss], `loss of step ${step}`);
    assertClose([actual.gradientNorm], [expected.gradientNorm], `gradient norm of step ${step}`);
    const { tensors } = await own.state();
    for (const [name, { data }] of (await reference.state()).tensors) {
      assertClose(tensors.get(name)!.data, data, `${name} after step ${step}`);
    }
  }
}

/** Two conversations of two turns side by side. */
async function said(engine: Engine): Promise<number[][]> {
  const policy = engine.policy({ temperature: 0, maxTurnTokens: 32 });
  return await Promise.all(["5 9 11 4", "6"].map(async (content, seed) => {
    const conversation = policy.start([{ role: "user", content }], { exampleId: "0", seed });
    await conversation.act();
    conversation.observe("7 8");
    await conversation.act();
    return [...conversation.close()!.ids];
  }));
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  let [scale, difference] = [0, 0];
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]));
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
  }
  assert(difference <= TOLERANCE * scale, `${what}: they differ by ${difference / scale}`);
}
