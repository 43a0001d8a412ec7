import assert from "node:assert/strict";
import { gradientName } from "../../src/models/transformer.ts";
import { modelConfig } from "../../src/models/config.ts";
import type { NamedTensors } from "../../src/models/weights.ts";
import { contextFeeds } from "../../src/engines/context.ts";
import { microBatches } from "../../src/engines/micro_batches.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { OnnxNetwork } from "../../src/engines/onnx_network.ts";
import type { Batch } from "../../src/trajectory/batch.ts";
import { batchOf, plainChat, weightedLogprobs } from "./engine_fixtures.ts";

interface GoldenCase {
  readonly weights: Record<string, [number[], number[]]>;
  readonly ids: number[];
  readonly actionMask: number[];
  readonly tokenWeights: number[];
  readonly losses: number[];
  readonly gradientNorms: number[];
  readonly logprobs: number[];
  readonly gradients: Record<string, number[]>;
}

// Made by fixtures/golden/transformer/make.py.
const GOLDEN = JSON.parse(
  Deno.readTextFileSync(
    new URL("../../fixtures/golden/transformer/transformer.json", import.meta.url),
  ),
);

function configOf(kind: "tied" | "untied") {
  return modelConfig({ ...GOLDEN.config, tie_word_embeddings: kind === "tied" });
}

function weightsOf(golden: GoldenCase): NamedTensors {
  return new Map(
    Object.entries(golden.weights).map(([name, [shape, values]]) => [
      name,
      { shape, data: Float32Array.from(values) },
    ]),
  );
}

function batch(golden: GoldenCase): Batch {
  return batchOf(GOLDEN.lengths, golden.ids, (token) => golden.actionMask[token]);
}

function engineOf(kind: "tied" | "untied", microBatchTokens: number) {
  return OnnxEngine.create({
    config: configOf(kind),
    weights: weightsOf(GOLDEN[kind]),
    chat: plainChat(32),
    adam: GOLDEN.adam,
    maxGradientNorm: GOLDEN.maxGradientNorm,
    threads: 2,
    microBatchTokens,
  });
}

function assertClose(actual: ArrayLike<number>, expected: readonly number[], relative: number) {
  const largest = Math.max(...expected.map(Math.abs));
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(error <= relative * largest, `element ${i}: ${actual[i]} instead of ${expected[i]}`);
  }
}

for (const kind of ["untied", "tied"] as const) {
  const golden: GoldenCase = GOLDEN[kind];

  Deno.test(`OnnxEngine.logprobs() equals Hugging Face's Llama, ${kind} embeddings`, async () => {
    await using engine = await engineOf(kind, 1000);
    assertClose(await engine.logprobs(batch(golden)), golden.logprobs, 1e-5);
  });

  Deno.test(`gradientGraph() equals torch's gradient of every weight, ${kind} embeddings`, async () => {
    const config = configOf(kind);
    await using network = new OnnxNetwork({ config, lora: null }, weightsOf(golden), {
      threads: 2,
    });
    const isScored = (token: number) => golden.tokenWeights[token] !== 0;
    const limits = { maxTokens: 1000, maxPairs: 1e9, pairsPerToken: 100 };
    const totals: Record<string, Float32Array> = {};
    for (const micro of microBatches(batch(golden), isScored, limits)) {
      const { ids, positions, targets, tokens } = micro;
      const sizes = { batch: micro.batch, length: micro.length, rows: tokens.length };
      const seed = Float32Array.from(tokens, (token) => -golden.tokenWeights[token]);
      const context = contextFeeds(micro, network.rotary, config);
      const feeds = { ids, positions, targets, seed, ...context };
      for (const [name, data] of Object.entries(await network.run("gradients", sizes, feeds))) {
        const before = totals[name];
        totals[name] = before ? before.map((x, i) => x + data[i]) : data;
      }
    }
    for (const [name, expected] of Object.entries(golden.gradients)) {
      assertClose(totals[gradientName(name)], expected, 1e-4);
    }
  });

  for (const microBatchTokens of [1000, 40]) {
    Deno.test(
      `OnnxEngine.update() follows torch's AdamW for five steps, ${kind} embeddings, micro-batches of ${microBatchTokens} tokens`,
      async () => {
        await using engine = await engineOf(kind, microBatchTokens);
        const surrogate = weightedLogprobs(golden.tokenWeights);
        for (const [step, loss] of golden.losses.entries()) {
          const report = await engine.update(batch(golden), surrogate, GOLDEN.learningRate);
          assert.ok(
            Math.abs(report.loss - loss) < 1e-5,
            `step ${step}: ${report.loss}, not ${loss}`,
          );
          assertClose([report.gradientNorm], [golden.gradientNorms[step]], 1e-4);
        }
      },
    );
  }
}
