import assert from "finestep/assert";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { loadModel, type Model } from "../../src/models/model_folder.ts";
import type { Policy } from "../../src/policies/policy.ts";
import type { Message } from "../../src/trajectory/episode.ts";

interface Answer {
  readonly messages: readonly Message[];
  readonly promptIds: readonly number[];
  readonly generatedIds: readonly number[];
}

// Made by fixtures/golden/smollm2/make_ten_prompts.py: transformers on the same file, in float32.
const { answers }: { readonly answers: readonly Answer[] } = JSON.parse(
  Deno.readTextFileSync(
    new URL("../../fixtures/golden/smollm2/ten_prompts.json", import.meta.url),
  ),
);

const path = Deno.env.get("FINESTEP_SMOLLM2");
if (!path) {
  console.log(
    "Skipped: ten prompts on SmolLM2-135M-Instruct, which FINESTEP_SMOLLM2 names (its GGUF of Q4_1)",
  );
}

function engineOf({ config, weights, chat }: Model): Promise<OnnxEngine> {
  return OnnxEngine.create({
    config,
    weights,
    chat,
    adam: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0 },
    maxGradientNorm: 1,
    threads: 2,
    microBatchTokens: 512,
  });
}

/** The ids that the policy chose. */
async function spoken(policy: Policy, messages: readonly Message[]): Promise<number[]> {
  const conversation = policy.start(messages, { exampleId: "", seed: 0 });
  await conversation.act();
  const { ids, actionMask } = conversation.close()!;
  return Array.from(ids.filter((_, token) => actionMask[token] === 1));
}

Deno.test({
  name:
    "SmolLM2-135M-Instruct reads ten chats as transformers does, and answers them greedily alike",
  ignore: !path,
  fn: async () => {
    const model = await loadModel(path!);
    for (const { messages, promptIds } of answers) {
      assert.deepEqual(model.chat.prompt(messages), promptIds);
    }
    await using engine = await engineOf(model);
    const policy = engine.policy({ temperature: 0, maxTurnTokens: 64 });
    const all = await Promise.all(answers.map(({ messages }) => spoken(policy, messages)));
    assert.deepEqual(all, answers.map(({ generatedIds }) => generatedIds));
  },
});
