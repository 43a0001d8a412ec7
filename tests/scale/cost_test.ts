import assert from "finestep/assert";
import { modelConfig } from "../../src/models/config.ts";
import {
  cacheBytesPerToken,
  type Device,
  devicesFor,
  type EpisodeShape,
  episodeTokens,
  memory,
  samplingContext,
  sentBytes,
  stepFlop,
  stepSeconds,
  stepTokens,
  weightCount,
} from "../../tasks/scale/cost.ts";
import {
  LLAMA_405B,
  type PublishedModel,
  QWEN25_CODER_3B,
  QWEN3_32B,
  QWEN3_4B,
} from "../../tasks/scale/models.ts";

/** Three messages: two calls of 10 + 5 tokens, observations of 20, an answer of 8 + 5. */
const EPISODE: EpisodeShape = {
  ...{ turns: 3, reasoning: 5, prompt: 100, call: 10, observation: 20, answer: 8 },
};

const STEP = { episode: EPISODE, questions: 2, groupSize: 4 };

/** One layer of one head of 2, hidden size 2, 3 in the middle, 7 tokens, tied. */
const TINY = modelConfig({
  model_type: "llama",
  hidden_size: 2,
  intermediate_size: 3,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  vocab_size: 7,
  max_position_embeddings: 1000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
});

const LORA = { rank: 1, alpha: 1, targets: ["q_proj"] };

const DEVICE: Device = {
  ...{ name: "slow", flops: 1000, bandwidth: 100, bytes: 1000 },
  ...{ computeShare: 0.5, bandwidthShare: 0.5 },
};

Deno.test("episodeTokens() counts what was sampled and what was observed", () => {
  // 2 (10 + 5) + 8 + 5 = 43; 2 · 20 = 40.
  assert.deepEqual(episodeTokens(EPISODE), { prompt: 100, sampled: 43, observed: 40, total: 183 });
});

Deno.test("samplingContext() begins with the whole prompt", () => {
  // 100 + (43 + 40) / 2.
  assert.equal(samplingContext(EPISODE), 141.5);
  // One message and no result: the n-th token of 43 finds the prompt and n - 1 others.
  const one = { ...EPISODE, turns: 1, answer: 38 };
  const found = Array.from({ length: 43 }, (_, n) => 100 + n);
  const mean = found.reduce((sum, n) => sum + n) / 43;
  assert(Math.abs(samplingContext(one) - mean) <= 0.5);
});

Deno.test("sentBytes() counts each turn's prompt, and what the passes send", () => {
  const tokens = stepTokens(STEP);
  assert.deepEqual(sentBytes(tokens), {
    sampling: 6 * 8 * 405,
    gradient: 20 * 8 * 183,
    scoring: 16 * 8 * 183,
  });
});

Deno.test("stepTokens() reads a group's prompt once, or all of it again at each turn", () => {
  assert.deepEqual(stepTokens(STEP), {
    sampled: 8 * 43,
    read: 2 * 100 + 8 * 40,
    // Turn 1: 100; turn 2: 100 + 35; turn 3: 100 + 70.
    readAgain: 8 * (100 + 135 + 170),
    passed: 8 * 183,
  });
});

Deno.test("weightCount() counts a network by hand", () => {
  // Embedding 14; q, k, v, o 4 each; gate, up, down 6 each; three norms of 2.
  assert.deepEqual(weightCount(TINY, null), { all: 54, inProducts: 48, learned: 54 });
  // A (1, 2) and B (2, 1).
  assert.equal(weightCount(TINY, LORA).learned, 4);
});

Deno.test("weightCount() gives the published sizes", () => {
  const billions = ({ config }: PublishedModel) => (weightCount(config, null).all / 1e9).toFixed(2);
  const models = [QWEN3_4B, QWEN25_CODER_3B, QWEN3_32B, LLAMA_405B];
  assert.deepEqual(models.map(billions), ["4.02", "3.09", "32.76", "405.85"]);
});

Deno.test("stepFlop() is 2 N a token forward and 6 N trained, without what need not be", () => {
  const passed = 8 * 183;
  // Attention of 1 head of 2 over 91.5 tokens: 4 · 2 · 91.5 = 732, beside 2 · 48.
  const forward = 96 + 732;
  const all = stepFlop(TINY, STEP, { lora: null, recomputes: false });
  assert.equal(all.scoring, passed * forward);
  assert.equal(all.training, passed * (3 * 96 + 3 * 732));
  // A sampled token finds 141.5 before it: 4 · 2 · 141.5 = 1132.
  assert.equal(all.sampling, 8 * 43 * (96 + 1132) + 520 * forward);
  const adapters = stepFlop(TINY, STEP, { lora: LORA, recomputes: true });
  assert.equal(adapters.training, passed * (2 * forward + 96 + 2 * 732));
});

Deno.test("memory() is by formula", () => {
  const parts = memory(TINY, EPISODE, { lora: LORA, conversations: 3, microBatchTokens: 10 });
  assert.deepEqual(parts, {
    weights: 108,
    optimizer: 18 * 4,
    // 2 · 1 · 2 of inputs, 34 · 2 of a layer, 8 · 7 of logits.
    activations: 10 * (4 + 68 + 56),
    // Keys and values of 2 numbers of 2 bytes.
    cache: 8 * 3 * 183,
  });
  assert.equal(cacheBytesPerToken(QWEN3_4B.config), 147_456);
});

Deno.test("stepSeconds() reads the weights once a wave, and trains in half the time on twice the devices", () => {
  const options = { device: DEVICE, devicesPerCopy: 1, lora: null, recomputes: false };
  const one = stepSeconds(TINY, STEP, { ...options, count: 1 });
  const flop = stepFlop(TINY, STEP, options);
  // There is room for one conversation at a time (900 - 108 bytes, 8 · 183 needed): 8 waves read 96
  // bytes of weights for each of 43 tokens, and each conversation the cache of 141.5 tokens.
  assert.equal(one.sampling, Math.max(flop.sampling / 500, 43 * (8 * 96 + 8 * 8 * 141.5) / 50));
  const roomy = stepSeconds(TINY, STEP, {
    ...options,
    device: { ...DEVICE, bytes: 1e6 },
    count: 1,
  });
  assert.equal(roomy.sampling, Math.max(flop.sampling / 500, 43 * (96 + 8 * 8 * 141.5) / 50));
  assert.equal(one.training, flop.training / 500);
  const two = stepSeconds(TINY, STEP, { ...options, count: 2 });
  assert.equal(two.training, one.training / 2);
});

Deno.test("devicesFor() gives powers of two that hold the bytes in nine tenths of their memory", () => {
  assert.deepEqual([1, 900, 901, 1800, 1801].map((n) => devicesFor(n, DEVICE)), [1, 1, 2, 2, 4]);
});
