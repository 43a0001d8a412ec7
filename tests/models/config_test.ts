import assert from "node:assert/strict";
import { configJson, modelConfig } from "../../src/models/config.ts";

const LLAMA = {
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 100,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-6,
};

Deno.test("modelConfig() takes Hugging Face's defaults for fields that are not given", () => {
  const config = modelConfig(LLAMA);
  assert.equal(config.keyValueHeadCount, 4);
  assert.equal(config.headSize, 16);
  assert.equal(config.ropeTheta, 10000);
  assert.equal(config.tiesEmbeddings, false);
});

Deno.test("modelConfig() reads back what configJson() writes", () => {
  const config = modelConfig({ ...LLAMA, num_key_value_heads: 2, tie_word_embeddings: true });
  assert.deepEqual(modelConfig(configJson(config)), config);
});

for (
  const [field, value] of Object.entries({
    model_type: "qwen2",
    rope_scaling: { type: "linear", factor: 2 },
    attention_bias: true,
    mlp_bias: true,
    hidden_act: "gelu",
    hidden_size: 0.5,
  })
) {
  Deno.test(`modelConfig() refuses ${field} ${JSON.stringify(value)} by name`, () => {
    assert.throws(() => modelConfig({ ...LLAMA, [field]: value }), {
      name: "TypeError",
      message: new RegExp(`plain Llama decoder: "${field}"`),
    });
  });
}

Deno.test("modelConfig() refuses heads that cannot be grouped or halved", () => {
  assert.throws(() => modelConfig({ ...LLAMA, num_key_value_heads: 3 }), /a multiple of/);
  assert.throws(() => modelConfig({ ...LLAMA, head_dim: 5 }), /whole even number: it is 5/);
  assert.throws(() => modelConfig({ ...LLAMA, hidden_size: 66 }), /whole even number: it is 16.5/);
});
