import assert from "finestep/assert";
import { actionText, parseAction } from "../../../src/env/parse.ts";
import { Endpoint } from "../../../src/policies/openai/endpoint.ts";
import { OpenAiPolicy, type OpenAiPolicyOptions } from "../../../src/policies/openai/policy.ts";
import { EXECUTE_SQL } from "../../../src/tasks/execute_sql.ts";
import { SQL_PROTOCOL } from "../../../src/tasks/sql_prompt.ts";
import { CHARACTERS, idsOf } from "./characters.ts";
import { completed, MODEL, refusal, said, type Script, ScriptedServer } from "./scripted_server.ts";

const PROMPT = [{ role: "user", content: "How many items?" }] as const;
const CONTEXT = { exampleId: "0", seed: 5 };

function policyAt(
  baseUrl: string,
  options: Partial<OpenAiPolicyOptions> = {},
): OpenAiPolicy {
  const endpoint = new Endpoint({
    ...{ baseUrl, model: MODEL, apiKey: null, concurrency: 4, timeoutMs: 10_000, retries: 0 },
    cache: null,
  });
  return new OpenAiPolicy({ endpoint, temperature: 0, maxTokens: 64, ...options });
}

/** What a server was asked in two turns, with what the policy made of its answers. */
async function twoTurns(script: Script, options: Partial<OpenAiPolicyOptions> = {}) {
  await using server = new ScriptedServer(script);
  const conversation = policyAt(server.baseUrl, options).start(PROMPT, CONTEXT);
  const first = await conversation.act();
  conversation.observe("n\n5");
  const second = await conversation.act();
  return {
    turns: [first, second],
    bodies: server.asked.map(({ body }) => body),
    tokens: conversation.close(),
  };
}

Deno.test("OpenAiPolicy asks greedily with the messages so far, and shows results as the user's", async () => {
  const { turns, bodies, tokens } = await twoTurns(({ count }) =>
    said(`turn ${count}`, { choice: { finish_reason: count === 0 ? "stop" : "length" } })
  );
  assert.deepEqual(turns, [{ text: "turn 0", finish: "stop" }, {
    text: "turn 1",
    finish: "length",
  }]);
  assert.deepEqual(bodies[1], {
    model: MODEL,
    temperature: 0,
    max_tokens: 64,
    return_token_ids: true,
    logprobs: true,
    top_logprobs: 1,
    messages: [
      ...PROMPT,
      { role: "assistant", content: "turn 0" },
      { role: "user", content: "<tool_response>\nn\n5\n</tool_response>" },
    ],
  });
  assert.deepEqual(bodies[0].messages, PROMPT);
  assert.equal(tokens, null);
});

Deno.test("OpenAiPolicy samples by a seed of its own each turn, the same for the same episode", async () => {
  const sampled = () => twoTurns(() => said("Hi"), { temperature: 0.7, stop: ["\n\n"] });
  const [{ bodies: [one, two] }, again] = [await sampled(), await sampled()];
  assert.deepEqual([one.top_p, one.top_k, one.min_p, one.stop], [1, -1, 0, ["\n\n"]]);
  assert(Number.isInteger(one.seed) && one.seed >= 0 && one.seed < 2 ** 31);
  assert.notEqual(one.seed, two.seed);
  assert.deepEqual(again.bodies, [one, two]);
});

Deno.test("OpenAiPolicy stops where the context is full", async () => {
  const { turns } = await twoTurns(({ count }) =>
    count === 0 ? said("Hi") : refusal(400, "the request exceeds the available context size")
  );
  assert.deepEqual(turns[1], { text: "", finish: "context" });
});

Deno.test("OpenAiPolicy leaves out what a server sets apart as reasoning", async () => {
  const message = { reasoning_content: "Hm.", reasoning: "Hm." };
  const { turns, bodies } = await twoTurns(() => said("Hi", { message }));
  assert.equal(turns[0].text, "Hi");
  assert.deepEqual(bodies[1].messages[1], { role: "assistant", content: "Hi" });
});

/** An answer that calls tools by the API. */
function calling(text: string | null, ...calls: readonly (readonly [string, string])[]): Response {
  const tool_calls = calls.map(([name, args], n) => ({
    ...{ id: `id${n}`, type: "function", function: { name, arguments: args } },
  }));
  return said(text, { message: { tool_calls }, choice: { finish_reason: "tool_calls" } });
}

Deno.test("OpenAiPolicy gives native tool calls as the environment's, and their results by id", async () => {
  const args = '{"sql": "SELECT count(*) FROM item"}';
  const { turns, bodies } = await twoTurns(() => calling("Look.", ["execute_sql", args]), {
    tools: [EXECUTE_SQL],
  });
  const { name, description, parameters } = EXECUTE_SQL;
  assert.deepEqual(bodies[0].tools, [{
    type: "function",
    function: { name, description, parameters },
  }]);
  assert.deepEqual(bodies[1].messages.slice(1), [
    {
      role: "assistant",
      content: "Look.",
      tool_calls: [{ id: "id0", type: "function", function: { name, arguments: args } }],
    },
    { role: "tool", tool_call_id: "id0", content: "n\n5" },
  ]);
  const sql = "SELECT count(*) FROM item";
  const action = {
    kind: "toolCall",
    reasoning: "Look.",
    tool: name,
    arguments: { sql },
    sql,
  } as const;
  assert.equal(turns[0].text, actionText(action, "sql"));
  assert.deepEqual(parseAction(turns[0].text, SQL_PROTOCOL), action);
});

for (
  const { what, answer, kind } of [
    {
      what: "a call without words",
      answer: () => calling(null, ["execute_sql", '{"sql": "SELECT 1"}']),
      kind: "toolCall",
    },
    {
      what: "a call after a reasoning block",
      answer: () => calling("<reasoning>Look.</reasoning>", ["execute_sql", '{"sql": "SELECT 1"}']),
      kind: "toolCall",
    },
    {
      what: "SQL that holds a tag",
      answer: () => calling("", ["execute_sql", '{"sql": "SELECT \'<answer>\'"}']),
      kind: "toolCall",
    },
    {
      what: "arguments that are not JSON",
      answer: () => calling("", ["execute_sql", '{"sql": "SELECT 1']),
      kind: "bad_json",
    },
    {
      what: "a tool that there is not",
      answer: () => calling("", ["drop_table", "{}"]),
      kind: "unknown_tool",
    },
    {
      what: "two calls at once",
      answer: () => calling("", ["execute_sql", "{}"], ["execute_sql", "{}"]),
      kind: "several_actions",
    },
    {
      what: "an answer in text",
      answer: () => said("<reasoning>One.</reasoning>\n<answer>\n```sql\nSELECT 1\n```\n</answer>"),
      kind: "answer",
    },
  ]
) {
  Deno.test(`OpenAiPolicy with native tools: ${what} is read as ${kind}`, async () => {
    const { turns, bodies } = await twoTurns(answer, { tools: [EXECUTE_SQL] });
    const action = parseAction(turns[0].text, SQL_PROTOCOL);
    assert.equal(action.kind === "violation" ? action.violation : action.kind, kind);
    // Each call wants a result.
    const calls = bodies[1].messages[1].tool_calls ?? [];
    const results = bodies[1].messages.filter(({ role }: { role: string }) => role === "tool");
    assert.equal(results.length, calls.length);
  });
}

/** Tokens as vLLM gives them; each id's logprob is its negative tenth. */
function withTokens(promptIds: readonly number[], ids: readonly number[]) {
  return {
    prompt_token_ids: promptIds,
    choice: {
      token_ids: ids,
      logprobs: { content: ids.map((id) => ({ token: "", logprob: -id / 10 })) },
    },
  };
}

Deno.test("OpenAiPolicy records the tokens of a chat where each prompt goes on from the last", async () => {
  const { tokens } = await twoTurns(({ count }) =>
    said("Hi", count === 0 ? withTokens([1, 2], [3, 4]) : withTokens([1, 2, 3, 4, 5], [6]))
  );
  assert.deepEqual(tokens, {
    ids: Int32Array.of(1, 2, 3, 4, 5, 6),
    actionMask: Uint8Array.of(0, 0, 1, 1, 0, 1),
    stepOf: Int16Array.of(-1, -1, 0, 0, -1, 1),
    sampledLogprobs: Float32Array.of(0, 0, -0.3, -0.4, 0, -0.6),
  });
});

for (
  const { what, second } of [
    { what: "a later prompt says something else", second: withTokens([1, 2, 9, 4, 5], [6]) },
    { what: "a later prompt is shorter", second: withTokens([1, 2, 3], [6]) },
    { what: "tokens are missing once", second: {} },
    {
      what: "a logprob is missing",
      second: { ...withTokens([1, 2, 3, 4], [6]), choice: { token_ids: [6] } },
    },
  ]
) {
  Deno.test(`OpenAiPolicy has no tokens of a chat where ${what}`, async () => {
    const { tokens, turns } = await twoTurns(({ count }) =>
      said("Hi", count === 0 ? withTokens([1, 2], [3, 4]) : second)
    );
    assert.equal(turns.length, 2);
    assert.equal(tokens, null);
  });
}

Deno.test("OpenAiPolicy completes token ids, each prompt made of the very tokens before", async () => {
  const ids = [...idsOf("Hi"), 0];
  const { bodies, tokens, turns } = await twoTurns(
    () => completed("Hi", { token_ids: ids, logprobs: { token_logprobs: [-1, -2, -3] } }),
    { chat: CHARACTERS },
  );
  const prompt = CHARACTERS.prompt(PROMPT);
  const observation = idsOf("[n\n5]");
  assert.deepEqual(bodies.map(({ prompt }) => prompt), [
    prompt,
    [...prompt, ...ids, ...observation],
  ]);
  assert.deepEqual([bodies[0].logprobs, bodies[0].return_token_ids], [1, true]);
  assert.deepEqual([...tokens!.ids], [...prompt, ...ids, ...observation, ...ids]);
  const chosen = [...tokens!.actionMask].flatMap((mask, t) => mask ? [tokens!.stepOf[t]] : []);
  assert.deepEqual(chosen, [0, 0, 0, 1, 1, 1]);
  assert.deepEqual([...tokens!.sampledLogprobs.slice(-3)], [-1, -2, -3]);
  assert.deepEqual(turns[1], { text: "Hi", finish: "stop" });
});

Deno.test("OpenAiPolicy takes token ids from llama.cpp's logprobs", async () => {
  const ids = [...idsOf("Hi"), 0];
  const content = ids.map((id) => ({ id, token: "", logprob: -0.5 }));
  const { tokens } = await twoTurns(() => completed("Hi", { logprobs: { content } }), {
    chat: CHARACTERS,
  });
  assert.deepEqual([...tokens!.ids.slice(-3)], ids);
  assert.deepEqual([...tokens!.sampledLogprobs.slice(-3)], [-0.5, -0.5, -0.5]);
});

Deno.test("OpenAiPolicy ends a message that was cut, which the model did not choose", async () => {
  const cut = { finish_reason: "length", token_ids: [72], logprobs: { token_logprobs: [-1] } };
  const { tokens } = await twoTurns(() => completed("H", cut), { chat: CHARACTERS });
  const { ids, actionMask, stepOf } = tokens!;
  assert.deepEqual([ids.at(-1), actionMask.at(-1), stepOf.at(-1)], [0, 0, 1]);
});

Deno.test("OpenAiPolicy completes by the tokens of the text where the server gives none, untrainable", async () => {
  const { bodies, tokens } = await twoTurns(() => completed("Hi"), { chat: CHARACTERS });
  assert.deepEqual(bodies[1].prompt.slice(CHARACTERS.prompt(PROMPT).length), [
    ...idsOf("Hi"),
    0,
    ...idsOf("[n\n5]"),
  ]);
  assert.equal(tokens, null);
});
