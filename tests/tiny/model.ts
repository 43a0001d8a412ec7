/**
 * A tiny model that speaks the message format without having been trained: two layers of 16 numbers
 * a token, with a walk over whole phrases built into its embedding and its last layer.
 *
 * It calls the tool or answers, each with one of {@linkcode STATEMENTS} at random, so groups have
 * different rewards, gradients are not zero, and a training run of it is a real one.
 *
 * @module
 */

import { Rng } from "../../src/config/rng.ts";
import { chatTokens } from "../../src/models/chat_template.ts";
import { type ModelConfig, modelConfig } from "../../src/models/config.ts";
import { type Model, saveModel } from "../../src/models/model_folder.ts";
import { initialWeights, type NamedTensors } from "../../src/models/weights.ts";
import { learnMerges, tokenizerJson } from "../../tasks/warmstart/bpe.ts";
import { STATEMENTS } from "./bird.ts";

const SPECIAL = ["<|end|>", "<|user|>", "<|assistant|>", "<|tool|>"];
const REASONING = "<reasoning>";
const CALL = '</reasoning>\n<tool_call>\n{"name": "execute_sql", "arguments": {"sql": "';
const ANSWER = "</reasoning>\n<answer>\n```sql\n";
const CALLS = STATEMENTS.map((sql) => `${sql}"}}\n</tool_call>`);
const ANSWERS = STATEMENTS.map((sql) => `${sql}\n\`\`\`\n</answer>`);

const CHAT_TEMPLATE =
  "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}" +
  "{% if add_generation_prompt %}<|assistant|>{% endif %}";

/** What may come next; phrases that are followed by the same ones share a direction. */
const WALK: readonly { readonly from: readonly string[]; readonly to: readonly string[] }[] = [
  { from: ["<|assistant|>"], to: [REASONING] },
  { from: [REASONING], to: [CALL, ANSWER] },
  { from: [CALL], to: CALLS },
  { from: [ANSWER], to: ANSWERS },
  { from: [...CALLS, ...ANSWERS], to: ["<|end|>"] },
];

/** Weight of a step of the walk: RMSNorm makes it a logit of 4 times as much, e^10 against 300. */
const STEP_WEIGHT = 2.5;

/** The tokenizer's two files. */
export function tinyTokenizer(): Model["tokenizer"] {
  const phrases = [REASONING, CALL, ANSWER, ...CALLS, ...ANSWERS];
  const merges = learnMerges(
    ["question: item(id INTEGER PK, name TEXT, price INTEGER)".repeat(2)],
    24,
  );
  return {
    json: tokenizerJson(SPECIAL, phrases, merges),
    config: { chat_template: CHAT_TEMPLATE, eos_token: "<|end|>", prompt_template: "compact" },
  };
}

/** The model, the same each time. */
export function tinyModel(): Model {
  const tokenizer = tinyTokenizer();
  const chat = chatTokens(tokenizer.json, tokenizer.config);
  const config = modelConfig({
    model_type: "llama",
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    vocab_size: chat.vocabSize,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
  });
  return { config, tokenizer, chat, weights: walkingWeights(config, tokenizer.json) };
}

/** Writes the model's folder. */
export async function writeTinyModel(directory: string): Promise<void> {
  await saveModel(directory, tinyModel());
}

function walkingWeights(config: ModelConfig, tokenizer: Model["tokenizer"]["json"]): NamedTensors {
  const weights = initialWeights(config, 1);
  const { vocab } = tokenizer.model as { vocab: Readonly<Record<string, number>> };
  const row = (tensor: string, token: string) => {
    const at = vocab[token] * config.hiddenSize;
    return weights.get(tensor)!.data.subarray(at, at + config.hiddenSize);
  };
  WALK.forEach(({ from, to }, direction) => {
    for (const token of from) row("model.embed_tokens.weight", token).fill(0)[direction] = 1;
    for (const token of to) row("lm_head.weight", token)[direction] = STEP_WEIGHT;
  });
  // The other directions tell tokens apart, so that attention has something to read.
  const rng = new Rng(1, "embedding");
  const embedding = weights.get("model.embed_tokens.weight")!.data;
  embedding.forEach((value, i) => {
    if (i % config.hiddenSize >= WALK.length) embedding[i] = value + 0.1 * rng.normal();
  });
  return weights;
}
