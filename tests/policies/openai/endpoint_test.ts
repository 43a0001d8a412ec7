import assert from "finestep/assert";
import { Endpoint, type EndpointSettings } from "../../../src/policies/openai/endpoint.ts";
import {
  cutOff,
  listOf,
  MODEL,
  refusal,
  said,
  type Script,
  ScriptedServer,
} from "./scripted_server.ts";

const BODY = { model: MODEL, messages: [{ role: "user", content: "Hello" }], max_tokens: 9 };
const EXTRAS = { seed: 1, logprobs: true, return_token_ids: true };

/** An endpoint that does not wait, with the waits it would have made. */
function patient(baseUrl: string, settings: Partial<EndpointSettings> = {}) {
  const waits: number[] = [];
  const used: Record<string, number> = {};
  const endpoint = new Endpoint({
    ...{ baseUrl, model: MODEL, apiKey: null, concurrency: 4, timeoutMs: 10_000, retries: 3 },
    cache: null,
    clock: {
      now: () => 0,
      sleep: (ms) => Promise.resolve(void waits.push(ms)),
    },
    count: (usage) => {
      for (const [name, amount] of Object.entries(usage)) used[name] = (used[name] ?? 0) + amount;
    },
    ...settings,
  });
  return {
    endpoint,
    waits,
    used,
    ask: (more = {}) => endpoint.ask("chat/completions", { ...BODY, ...more }),
  };
}

for (
  const { what, failure, reason } of [
    {
      what: "HTTP 500",
      failure: () => refusal(500, "CUDA error"),
      reason: "HTTP 500: CUDA error",
    },
    { what: "HTTP 429", failure: () => refusal(429, "slow down"), reason: "HTTP 429: slow down" },
    {
      what: "an answer that is cut off",
      failure: cutOff,
      reason: "the answer was cut off",
    },
    {
      what: "an answer that is no JSON",
      failure: () => new Response("<html>\nBad gateway"),
      reason: "the answer is no JSON: <html> Bad gateway",
    },
    {
      what: "an answer without choices",
      failure: () => Response.json({ choices: [] }),
      reason: 'the answer is not of the API\'s form: {"choices":[]}',
    },
    {
      what: "a failure told with HTTP 200",
      failure: () => Response.json({ error: { message: "Provider returned error" } }),
      reason: "the answer is not of the API's form: Provider returned error",
    },
  ]
) {
  Deno.test(`Endpoint.ask() asks again after ${what}`, async () => {
    await using server = new ScriptedServer(({ count }) => count < 2 ? failure() : said("Hi"));
    const { ask, waits, used } = patient(server.baseUrl);
    assert.equal((await ask()).text, "Hi");
    assert.deepEqual([server.asked.length, waits.length, used.failed_tries], [3, 2, 2]);
    assert(waits[0] >= 250 && waits[0] <= 500, `${waits[0]} ms`);
    assert(waits[1] >= 500 && waits[1] <= 1000, `${waits[1]} ms`);
  });

  Deno.test(`Endpoint.ask() says so after too many tries with ${what}`, async () => {
    await using server = new ScriptedServer(failure);
    const { ask } = patient(server.baseUrl);
    await assert.rejects(ask(), {
      name: "EndpointError",
      message:
        `Cannot ask the endpoint as it must answer: ${server.baseUrl}/chat/completions: ${reason} (4 tries)`,
    });
    assert.equal(server.asked.length, 4);
  });
}

Deno.test("Endpoint.ask() asks again when an answer takes too long", async () => {
  await using server = new ScriptedServer(({ count }) => count === 0 ? null : said("Hi"));
  const { ask, waits } = patient(server.baseUrl, { timeoutMs: 200 });
  assert.equal((await ask()).text, "Hi");
  assert.equal(waits.length, 1);
});

Deno.test("Endpoint.ask() waits as long as the server asks, and not for hours", async () => {
  await using server = new ScriptedServer(({ count }) =>
    count < 2
      ? refusal(429, "busy", { "retry-after": ["7", "Thu, 01 Jan 1970 00:00:42 GMT"][count] })
      : count === 2
      ? said("Hi")
      : refusal(429, "quota used up", { "retry-after": "7200" })
  );
  const { ask, waits } = patient(server.baseUrl);
  assert.equal((await ask()).text, "Hi");
  assert.deepEqual(waits, [7_000, 42_000]);
  await assert.rejects(ask(), /HTTP 429: quota used up; it asks to wait 7200 s \(1 try\)$/);
});

for (
  const [status, message, advice] of [
    [400, "messages must alternate", ""],
    [
      401,
      "Incorrect API key provided: ***",
      "; --api-key-env names the variable that holds the key",
    ],
    [403, "No access", ""],
    [404, "Not Found", "; a base URL usually ends in a version, such as /v1"],
    [422, "Input should be a valid string", ""],
  ] as const
) {
  Deno.test(`Endpoint.ask() takes HTTP ${status} for final and repeats no key`, async () => {
    await using server = new ScriptedServer(() => refusal(status, message.replace("***", "sk-1")));
    const { ask, waits } = patient(server.baseUrl, { apiKey: "sk-1" });
    await assert.rejects(ask(), {
      name: "EndpointError",
      message:
        `Cannot ask the endpoint as it must accept the request: ${server.baseUrl}/chat/completions: ` +
        `HTTP ${status}: ${message}${advice}`,
    });
    assert.deepEqual([server.asked.length, waits], [1, []]);
    assert.equal(server.asked[0].headers.get("authorization"), "Bearer sk-1");
  });
}

Deno.test("Endpoint.ready() says at once that nobody is there", async () => {
  const { baseUrl } = await closedServer();
  const { endpoint, waits } = patient(baseUrl);
  await assert.rejects(endpoint.ready(), {
    name: "EndpointError",
    message: new RegExp(
      `^Cannot ask the endpoint as it must answer: ${baseUrl}/models: .*Connection refused.* \\(1 try\\)$`,
    ),
  });
  assert.deepEqual(waits, []);
});

Deno.test("Endpoint.ask() gives up on a server that is gone after as many tries as it has", async () => {
  const server = new ScriptedServer(() => said("Hi"));
  const { ask, waits } = patient(server.baseUrl);
  await ask();
  await server[Symbol.asyncDispose]();
  await assert.rejects(ask(), /Connection refused.* \(4 tries\)$/);
  assert.equal(waits.length, 3);
});

Deno.test("Endpoint.ask() tells all who wait of the failure that one met", async () => {
  await using server = new ScriptedServer(({ body }) =>
    body.seed === 1 ? null : refusal(403, "No access")
  );
  const { ask } = patient(server.baseUrl);
  const outcomes = await Promise.allSettled([ask({ seed: 1 }), ask({ seed: 2 })]);
  for (const outcome of outcomes) {
    assert.match(outcome.status === "rejected" ? String(outcome.reason) : "", /HTTP 403/);
  }
  await assert.rejects(ask({ seed: 3 }), /HTTP 403/);
  assert.equal(server.asked.length, 2);
});

Deno.test("Endpoint.ready() names the models that are served when this one is not", async () => {
  await using server = new ScriptedServer(() => said("Hi"), () => listOf("a", "b"));
  const { ask } = patient(server.baseUrl);
  await assert.rejects(ask(), {
    message:
      `Cannot ask model "${MODEL}" as the endpoint must serve it: ${server.baseUrl}/models lists a, b`,
  });
  assert.equal(server.asked.length, 0);
});

Deno.test("Endpoint.ready() takes a server without a list of models at its word", async () => {
  await using server = new ScriptedServer(() => said("Hi"), () => refusal(404, "Not Found"));
  const { ask } = patient(server.baseUrl);
  assert.equal((await ask()).text, "Hi");
});

Deno.test("Endpoint.ask() does without what the server names, and remembers", async () => {
  await using server = new ScriptedServer(({ body }) =>
    "logprobs" in body
      ? refusal(500, "logprobs is not supported for models created with logits_all=False")
      : said("Hi")
  );
  const { endpoint, ask, waits } = patient(server.baseUrl);
  await ask(EXTRAS);
  await ask(EXTRAS);
  assert.deepEqual(
    server.asked.map(({ body }) => "logprobs" in body),
    [true, false, false],
  );
  assert.deepEqual([endpoint.refused, waits], [["logprobs"], []]);
  assert(server.asked.every(({ body }) => body.seed === 1 && body.return_token_ids));
});

Deno.test("Endpoint.ask() does without all extras where the server names none", async () => {
  await using server = new ScriptedServer(({ body }) =>
    "seed" in body ? refusal(422, "Extra inputs are not permitted") : said("Hi")
  );
  const { endpoint, ask } = patient(server.baseUrl);
  const outcomes = await Promise.all([ask(EXTRAS), ask(EXTRAS), ask(EXTRAS)]);
  assert.deepEqual(outcomes.map(({ text }) => text), ["Hi", "Hi", "Hi"]);
  assert.deepEqual(endpoint.refused, ["logprobs", "return_token_ids", "seed"]);
});

Deno.test("Endpoint.ask() asks for max_completion_tokens where max_tokens is refused", async () => {
  await using server = new ScriptedServer(({ body }) =>
    "max_tokens" in body
      ? refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
      : said("Hi")
  );
  const { ask } = patient(server.baseUrl);
  await ask(EXTRAS);
  const { body } = server.asked.at(-1)!;
  assert.deepEqual([body.max_completion_tokens, body.seed], [9, 1]);
});

Deno.test("Endpoint.ask() takes a refusal for the request's own once extras were accepted", async () => {
  await using server = new ScriptedServer(({ count }) =>
    count === 0 ? said("Hi") : refusal(400, "content filter")
  );
  const { endpoint, ask } = patient(server.baseUrl);
  await ask(EXTRAS);
  await assert.rejects(ask(EXTRAS), /HTTP 400: content filter$/);
  assert.deepEqual(endpoint.refused, []);
});

for (
  const [server, status, message] of [
    [
      "OpenAI",
      400,
      "This model's maximum context length is 4097 tokens. However, you requested 5000",
    ],
    [
      "vLLM",
      400,
      "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
    ],
    [
      "SGLang",
      400,
      "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    ],
    [
      "llama.cpp",
      400,
      "the request exceeds the available context size (4096 tokens), try increasing it",
    ],
    ["llama.cpp while it writes", 500, "Context size has been exceeded."],
    ["llama-cpp-python", 400, "Requested tokens (5000) exceed context window of 4096"],
  ] as const
) {
  Deno.test(`Endpoint.ask() knows a full context by the words of ${server}`, async () => {
    const script: Script = () => refusal(status, message);
    await using scripted = new ScriptedServer(script);
    const { ask, waits, used } = patient(scripted.baseUrl);
    assert.equal((await ask()).finish, "context");
    // The second time without a limit, as there may be room for a shorter message.
    assert.deepEqual(scripted.asked.map(({ body }) => body.max_tokens), [9, undefined]);
    assert.deepEqual([waits, used.answers_without_usage], [[], 0]);
  });
}

Deno.test("Endpoint.ask() lets a message fill the context where there is no room for its limit", async () => {
  await using server = new ScriptedServer(({ body }) =>
    "max_tokens" in body ? refusal(400, "too large", {}, "context_length_exceeded") : said("Hi")
  );
  const { ask } = patient(server.baseUrl);
  assert.equal((await ask()).text, "Hi");
});

Deno.test("Endpoint.ask() has as many requests under way as it may, and no more", async () => {
  let running = 0;
  let most = 0;
  const full = Promise.withResolvers<void>();
  await using server = new ScriptedServer(async () => {
    most = Math.max(most, ++running);
    if (running === 3) full.resolve();
    await full.promise;
    running--;
    return said("Hi");
  });
  const { ask } = patient(server.baseUrl, { concurrency: 3 });
  await Promise.all(Array.from({ length: 9 }, (_, seed) => ask({ seed })));
  assert.equal(most, 3);
});

Deno.test("Endpoint.ask() answers from the cache without looking for the server", async () => {
  const kept = new Map<string, string>();
  const cache = {
    get: (key: string) => kept.get(key) ?? null,
    put: (k: string, v: string) => void kept.set(k, v),
  };
  const server = new ScriptedServer(({ body }) => said(`Hi ${body.seed}`));
  const { baseUrl } = server;
  const first = patient(baseUrl, { cache });
  const [one, two] = [await first.ask({ seed: 1 }), await first.ask({ seed: 2 })];
  await server[Symbol.asyncDispose]();
  const second = patient(baseUrl, { cache });
  assert.deepEqual([await second.ask({ seed: 1 }), await second.ask({ seed: 2 })], [one, two]);
  assert.deepEqual(second.used, { answers: 2, cached_answers: 2, answers_with_tokens: 0 });
  await assert.rejects(second.ask({ seed: 3 }), /Connection refused/);
});

Deno.test("Endpoint.ask() counts tokens, those that the server had cached, and what it was not told", async () => {
  await using server = new ScriptedServer(({ count }) =>
    said("Hi", {
      usage: count === 0
        ? { prompt_tokens: 50, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 32 } }
        : undefined,
    })
  );
  const { ask, used } = patient(server.baseUrl);
  await ask();
  await ask();
  assert.deepEqual(used, {
    answers: 2,
    answers_with_tokens: 0,
    answers_without_usage: 1,
    prompt_tokens: 50,
    cached_prompt_tokens: 32,
    completion_tokens: 7,
  });
});

for (
  const baseUrl of [
    "",
    "localhost:8000/v1",
    "http://user:secret@host/v1",
    "http://host/v1?key=secret",
  ]
) {
  Deno.test(`new Endpoint() refuses ${JSON.stringify(baseUrl)} without repeating it`, () => {
    assert.throws(() => patient(baseUrl), {
      name: "RangeError",
      message:
        "Cannot ask the endpoint as its base URL must be http or https, without user, password or query",
    });
  });
}

async function closedServer(): Promise<{ baseUrl: string }> {
  const server = new ScriptedServer(() => said("Hi"));
  const { baseUrl } = server;
  await server[Symbol.asyncDispose]();
  return { baseUrl };
}
