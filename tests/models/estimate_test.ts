import assert from "finestep/assert";
import { modelConfig } from "../../src/models/config.ts";
import { checkMemory, estimate, estimateText } from "../../src/models/estimate.ts";
import { tinyConfig } from "../engines/engine_fixtures.ts";

// tinyConfig(): hidden 16, inner 24, 2 layers, 4 query heads on 2 of keys, each of 4; 24 tokens.
const LAYER_MATRICES = 16 * 16 * 2 + 16 * 8 * 2 + 16 * 24 * 3;
const TABLE = 24 * 16;
const WEIGHTS = 2 * TABLE + 2 * (LAYER_MATRICES + 2 * 16) + 16;
const IN_PRODUCTS = 2 * LAYER_MATRICES + TABLE;

const GENERATION = { slots: 3, contextTokens: 100, training: null };
const TRAINING = {
  ...GENERATION,
  training: { microBatchTokens: 200, activationBytes: 1e9, lora: null },
};

Deno.test("estimate() counts each weight, and the keys and values of each slot", () => {
  assert.deepEqual(estimate(tinyConfig(), GENERATION), {
    bytes: {
      weights: 4 * WEIGHTS,
      generation: 4 * IN_PRODUCTS,
      cache: 4 * 2 * 2 * 2 * 4 * 100 * 3,
    },
    totalBytes: 4 * (WEIGHTS + IN_PRODUCTS + 2 * 2 * 2 * 4 * 100 * 3),
    flop: { generated: 2 * IN_PRODUCTS, trained: 6 * IN_PRODUCTS },
  });
});

Deno.test("estimate() has the parameters that the authors of Qwen3-0.6B give", () => {
  const { bytes } = estimate(
    modelConfig({
      model_type: "qwen3",
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 151_936,
      max_position_embeddings: 40_960,
      rms_norm_eps: 1e-6,
      tie_word_embeddings: true,
    }),
    GENERATION,
  );
  assert.equal(bytes.weights, 4 * 596_049_920);
});

Deno.test("estimate() of adapters has gradients and moments of these alone", () => {
  const lora = { rank: 2, alpha: 4, targets: ["q_proj"] };
  const all = estimate(tinyConfig(), TRAINING).bytes;
  const few = estimate(tinyConfig(), { ...TRAINING, training: { ...TRAINING.training, lora } });
  assert.deepEqual([all.gradients, all.moments], [12 * WEIGHTS, 8 * WEIGHTS]);
  const learned = 2 * (2 * 16 + 16 * 2);
  assert.deepEqual([few.bytes.gradients, few.bytes.moments], [12 * learned, 8 * learned]);
  assert.equal(few.bytes.activations, all.activations);
});

Deno.test("estimate() keeps the layers' inputs alone where inner results are above the limit", () => {
  const training = { ...TRAINING.training, activationBytes: 1 };
  const kept = estimate(tinyConfig(), TRAINING).bytes.activations;
  const again = estimate(tinyConfig(), { ...TRAINING, training }).bytes.activations;
  // Of the 200 tokens a fifth is taken to be scored.
  const logits = 3 * 4 * 24 * 40;
  assert.equal(again - logits, 4 * 2 * 16 * 200 + (kept - logits) / 2);
});

Deno.test("checkMemory() refuses what cannot fit, whatever the length of conversations", () => {
  const estimated = {
    bytes: { weights: 5.4e8, cache: 1.5e9, moments: 1.08e9 },
    totalBytes: 3.12e9,
    flop: { generated: 2.7e8, trained: 8.1e8 },
  };
  checkMemory(estimated, 1.62e9);
  assert.throws(() => checkMemory(estimated, 1.6e9), {
    name: "RangeError",
    message:
      "Cannot run model as there is not enough memory: it takes at least 1.6 GB (weights 0.5, moments 1.1), 1.6 GB are available",
  });
});

Deno.test("estimateText() says what memory is for and what a token takes", () => {
  const flop = { generated: 2.7e8, trained: 8.1e8 };
  const bytes = { weights: 5.4e8, cache: 1.5e7 };
  assert.equal(
    estimateText({ bytes, totalBytes: 5.55e8, flop }, 100),
    "Memory: about 0.6 GB (weights 0.5, cache 0.015)\n" +
      "Time: at least 2.7 ms a generated token, at 100 GFLOP/s",
  );
  assert.match(
    estimateText({ bytes: { ...bytes, gradients: 1e9 }, totalBytes: 1.555e9, flop }, 100),
    /2\.7 ms a generated token, 8\.1 ms a trained one, at 100 GFLOP\/s$/,
  );
});
