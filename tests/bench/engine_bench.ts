/**
 * Speed of the default engine on its benchmark model: 4 layers, hidden size 128, 4 heads, 1,024 tokens.
 *
 * `deno bench -A tests/bench/engine_bench.ts`. One iteration of the first is one training step on 8
 * trajectories of 256 tokens; one of the second is 64 prompts of 64 tokens and 64 messages of 320.
 *
 * @module
 */

import { OnnxEngine } from "../../src/engines/onnx.ts";
import { modelConfig } from "../../src/models/config.ts";
import { initialWeights } from "../../src/models/weights.ts";
import { batchOf, plainChat, weightedLogprobs } from "../engines/engine_fixtures.ts";

const CONFIG = modelConfig({
  model_type: "llama",
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  vocab_size: 1024,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
});
const CHAT = plainChat(CONFIG.vocabSize);
const SLOTS = 64;
const MESSAGE_TOKENS = 320;

const engine = await OnnxEngine.create({
  config: CONFIG,
  weights: initialWeights(CONFIG, 1),
  // No token ends a turn, so that each message has its full length.
  chat: { ...CHAT, endsTurn: new Set() },
  adam: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01 },
  maxGradientNorm: 1,
  threads: 2,
  microBatchTokens: 2048,
});

const LENGTHS = new Array(8).fill(257);
const IDS = Array.from({ length: 8 * 257 }, (_, token) => (token * 31) % CONFIG.vocabSize);

for (const share of [1, 0.25]) {
  const batch = batchOf(LENGTHS, IDS, (token) => token % 4 < 4 * share ? 1 : 0);
  const surrogate = weightedLogprobs(Float64Array.from(batch.actionMask, (mask) => mask / 2048));
  Deno.bench(
    `OnnxEngine.update(), 8 x 256 tokens, ${100 * share} % chosen by the policy`,
    { n: 12, warmup: 3 },
    async () => {
      await engine.update(batch, surrogate, 0);
    },
  );
}

const PROMPT = Array.from({ length: 62 }, (_, i) => 10 + i).join(" ");

Deno.bench(
  `OnnxEngine.policy(), ${SLOTS} messages of ${MESSAGE_TOKENS} tokens after 64 (divide ${
    SLOTS * MESSAGE_TOKENS
  } tokens by the time)`,
  { n: 3, warmup: 1 },
  async () => {
    const policy = engine.policy({ temperature: 1, maxTurnTokens: MESSAGE_TOKENS });
    const messages = [{ role: "user", content: PROMPT } as const];
    await Promise.all(Array.from({ length: SLOTS }, async (_, seed) => {
      const conversation = policy.start(messages, { exampleId: "bench", seed });
      await conversation.act();
      conversation.close();
    }));
  },
);
