/**
 * The policy against a real server: `FINESTEP_OPENAI_URL` is its base URL. docs/endpoints.md says how one
 * is started.
 *
 * @module
 */

import assert from "finestep/assert";
import { Endpoint } from "../../../src/policies/openai/endpoint.ts";
import { OpenAiPolicy, type OpenAiPolicyOptions } from "../../../src/policies/openai/policy.ts";
import { readModels } from "../../../src/policies/openai/wire.ts";
import { EXECUTE_SQL } from "../../../src/tasks/execute_sql.ts";

const BASE_URL = Deno.env.get("FINESTEP_OPENAI_URL") ?? "";
if (BASE_URL === "") console.info("skipped: no real server (FINESTEP_OPENAI_URL is empty)");

const PROMPT = [{ role: "user", content: "Count from one to ten, in words." }] as const;
const CONTEXT = { exampleId: "0", seed: 1 };

function realServer(name: string, test: (model: string) => Promise<void>): void {
  Deno.test({
    name: `a real server ${name}`,
    ignore: BASE_URL === "",
    fn: async () => {
      const [model] = readModels(await (await fetch(`${BASE_URL}/models`)).json());
      await test(model);
    },
  });
}

function endpointFor(model: string, used: Record<string, number> = {}): Endpoint {
  return new Endpoint({
    ...{ baseUrl: BASE_URL, model, apiKey: null, concurrency: 2, timeoutMs: 120_000, retries: 2 },
    cache: null,
    count: (usage) => {
      for (const [name, amount] of Object.entries(usage)) used[name] = (used[name] ?? 0) + amount;
    },
  });
}

/** Two greedy turns of at most 8 tokens. */
async function twoTurns(endpoint: Endpoint, options: Partial<OpenAiPolicyOptions> = {}) {
  const policy = new OpenAiPolicy({ endpoint, temperature: 0, maxTokens: 8, ...options });
  const conversation = policy.start(PROMPT, CONTEXT);
  const first = await conversation.act();
  conversation.observe("Go on.");
  return { turns: [first, await conversation.act()], tokens: conversation.close() };
}

realServer("says the same greedily, and counts its tokens", async (model) => {
  const used: Record<string, number> = {};
  using endpoint = endpointFor(model, used);
  const { turns, tokens } = await twoTurns(endpoint);
  assert.deepEqual((await twoTurns(endpoint)).turns, turns);
  assert.deepEqual(turns[0].finish, "length");
  assert.notEqual(turns[0].text, "");
  assert.equal(used.answers, 4);
  assert(used.prompt_tokens > 40 && used.completion_tokens <= 32, JSON.stringify(used));
  assert.equal(used.answers_with_tokens > 0, tokens !== null);
  console.info(`${model}: ${JSON.stringify(turns[0].text)}; left out: ${endpoint.refused}`);
});

realServer("samples by a seed", async (model) => {
  using endpoint = endpointFor(model);
  const options = { temperature: 1 };
  const { turns } = await twoTurns(endpoint, options);
  assert.deepEqual((await twoTurns(endpoint, options)).turns[0], turns[0]);
});

realServer("takes tools", async (model) => {
  using endpoint = endpointFor(model);
  const { turns } = await twoTurns(endpoint, { tools: [EXECUTE_SQL] });
  assert.equal(turns.length, 2);
});

realServer("says that the context is full in words that are known", async (model) => {
  using endpoint = endpointFor(model);
  const policy = new OpenAiPolicy({ endpoint, temperature: 0, maxTokens: 8 });
  const prompt = [{ role: "user", content: "one ".repeat(150_000) }] as const;
  assert.deepEqual(await policy.start(prompt, CONTEXT).act(), { text: "", finish: "context" });
});

realServer("is not asked for a model that it does not serve", async (model) => {
  using endpoint = endpointFor(`${model}-2`);
  await assert.rejects(endpoint.ready(), { name: "EndpointError" });
});
