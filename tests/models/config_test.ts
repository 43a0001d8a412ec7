import assert from "finestep/assert";
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
    model_type: "mamba",
    rope_scaling: { type: "yarn", factor: 2 },
    rope_parameters: { rope_type: "dynamic", factor: 2 },
    use_sliding_window: true,
    attention_bias: true,
    mlp_bias: true,
    hidden_act: "gelu",
    hidden_size: 0.5,
  })
) {
  Deno.test(`modelConfig() refuses ${field} ${JSON.stringify(value)} by name`, () => {
    assert.throws(() => modelConfig({ ...LLAMA, [field]: value }), {
      name: "TypeError",
      message: new RegExp(`dense Llama, Qwen2 or Qwen3 decoder: "${field}`),
    });
  });
}

const LLAMA3_SCALING = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

Deno.test("modelConfig() reads rope scaling where old and new files have it", () => {
  const read = [
    { rope_theta: 5e5, rope_scaling: { rope_type: "llama3", ...LLAMA3_SCALING } },
    { rope_theta: 5e5, rope_scaling: { type: "llama3", ...LLAMA3_SCALING } },
    { rope_parameters: { rope_theta: 5e5, rope_type: "llama3", ...LLAMA3_SCALING } },
  ].map((fields) => modelConfig({ ...LLAMA, ...fields }));
  const expected = {
    kind: "llama3",
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalMaxLength: 64,
  };
  for (const { ropeTheta, ropeScaling } of read) {
    assert.deepEqual({ ropeTheta, ropeScaling }, { ropeTheta: 5e5, ropeScaling: expected });
  }
  assert.deepEqual(modelConfig(configJson(read[0])), read[0]);
});

Deno.test("modelConfig() refuses heads that cannot be grouped or halved", () => {
  assert.throws(() => modelConfig({ ...LLAMA, num_key_value_heads: 3 }), /a multiple of/);
  assert.throws(() => modelConfig({ ...LLAMA, head_dim: 5 }), /whole even number: it is 5/);
  assert.throws(() => modelConfig({ ...LLAMA, hidden_size: 66 }), /whole even number: it is 16.5/);
});
