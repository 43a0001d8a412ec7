import assert from "finestep/assert";
import { Session } from "../../../src/engines/tinker/session.ts";
import type { RemoteModel } from "../../../src/engines/tinker/remote_model.ts";
import { TinkerError, Transport } from "../../../src/engines/tinker/transport.ts";
import { ANYTHING } from "../../../src/engines/tinker/wire.ts";
import { lively, served, SkippingClock } from "./clients.ts";
import { type Asked, type Fault, TinkerServer } from "./tinker_server.ts";

const ADAM = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradientNorm: 0,
};

const WIRE = { wire: "protobuf" } as const;

/** Answers the first `times` requests of a path with something else. */
function first(path: string, times: number, fault: Fault): Fault {
  return (asked: Asked) => asked.path === path && asked.count < times ? fault(asked) : null;
}

const status = (code: number, body?: object, headers = {}): Fault => () =>
  body
    ? Response.json(body, { status: code, headers })
    : new Response("", { status: code, headers });

/** A model on a server that fails so, and what is needed to look into it. */
async function faulty(
  fault: Fault,
  use: (model: RemoteModel, server: TinkerServer, clock: SkippingClock) => Promise<void>,
): Promise<void> {
  await served(async (session, server, clock) => {
    const model = await session.createModel({ rank: 1, seed: 1 }, WIRE);
    const polls = server.asked.filter(({ path }) => path === "retrieve_future").length;
    // Counted from here, so that the model itself is made without faults.
    server.fault = (asked) =>
      fault(asked.path === "retrieve_future" ? { ...asked, count: asked.count - polls } : asked);
    await use(model, server, clock);
    server.fault = () => null;
  });
}

const IDS = Int32Array.of(3, 1, 4, 1, 5);

/** Faults that pass, each with the waits that it costs. */
const PASSING: readonly (readonly [string, Fault, (waits: readonly number[]) => boolean])[] = [
  [
    "a poll held until its end (408)",
    first("retrieve_future", 3, status(408)),
    (w) => w.length === 0,
  ],
  [
    "try_again",
    first("retrieve_future", 3, status(200, { type: "try_again", queue_state: "active" })),
    (w) => w.length === 3,
  ],
  [
    "metadata before the result",
    first("retrieve_future", 1, status(200, { status: "complete_metadata" })),
    (w) => w.length === 0,
  ],
  ["failures of the server (503)", first("retrieve_future", 2, status(503)), (w) => w.length === 2],
  ["a 400 without a reason", first("retrieve_future", 3, status(400)), (w) => w.length === 3],
  [
    "too many requests (429)",
    first("forward_backward", 2, status(429, {}, { "retry-after": "7" })),
    (w) => w.length === 2 && w.every((wait) => wait >= 7000),
  ],
  ["a lost answer", first("forward_backward", 2, () => "lost"), (w) => w.length === 2],
  ["a lost promise (410)", first("retrieve_future", 2, status(410)), (w) => w.length === 0],
];

for (const [what, fault, isExpected] of PASSING) {
  Deno.test(`Transport goes on after ${what}`, async () => {
    const [expected] = await (await lively()).logprobs([IDS]);
    await faulty(fault, async (model, _, clock) => {
      const [logprobs] = await model.logprobs([IDS]);
      assert.deepEqual(logprobs, Float32Array.from(expected));
      assert(isExpected(clock.waits), `waits: ${clock.waits}`);
    });
  });
}

/** Faults that do not pass, each with what is said, after how many requests. */
const FINAL: readonly (readonly [string, Fault, RegExp])[] = [
  [
    "a refusal with a reason",
    first("retrieve_future", 9, status(400, { detail: "Model model_7 not loaded" })),
    /^Cannot go on as the server refused "optim_step" at http.* with status 400: Model model_7 not loaded$/,
  ],
  [
    "a missing key (401)",
    first("optim_step", 9, status(401, { detail: "Invalid API key" })),
    /with status 401: Invalid API key$/,
  ],
  ["an unknown path (404)", first("optim_step", 9, status(404, { detail: "Not Found" })), /404/],
  [
    "a body that is refused (422)",
    first("optim_step", 9, status(422, { detail: [{ loc: ["beta1"], msg: "too large" }] })),
    /422: .*too large/,
  ],
  [
    "a failure that it tells of",
    first("retrieve_future", 9, status(200, { error: "CUDA out of memory", category: "server" })),
    /^Cannot go on as the server failed at "optim_step" at http.*: CUDA out of memory$/,
  ],
  ["a 400 without a reason, four times", first("retrieve_future", 4, status(400)), /status 400/],
  [
    "a promise that is lost three times",
    first("retrieve_future", 9, status(410)),
    /^Cannot get the result of "optim_step" at http.* as the server lost it 3 times$/,
  ],
  [
    "an answer that points elsewhere",
    first(
      "optim_step",
      9,
      () => new Response(null, { status: 308, headers: { location: "https://elsewhere/" } }),
    ),
    /with status 308: it points to https:\/\/elsewhere\/, and requests are made where "--server" says alone$/,
  ],
  [
    "what is not JSON",
    first("retrieve_future", 9, () => new Response("<html>")),
    /^Cannot read the answer to "optim_step" at .* as it must be of the Tinker API: Unexpected token/,
  ],
  [
    "JSON of something else",
    first("optim_step", 9, status(200, { future: 7 })),
    /must be of the Tinker API: "request_id": /,
  ],
  [
    "failing until the time is over",
    first("retrieve_future", 1e9, status(500)),
    /^Cannot get the result of "optim_step" at .* as the time for it is over: its answer is 500$/,
  ],
];

for (const [what, fault, message] of FINAL) {
  Deno.test(`Transport gives up at ${what}`, async () => {
    await faulty(fault, async (model) => {
      const failure = await model.optimizerStep(ADAM).catch((error) => error);
      assert(failure instanceof TinkerError);
      assert.match(failure.message, message);
      // A command shows such a message alone, and of others the stack.
      assert.match(failure.message, /^Cannot /);
    });
  });
}

Deno.test("Transport waits for a server that does not listen until the time is over", async () => {
  await using server = new TinkerServer(lively);
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const clock = new SkippingClock();
  using transport = new Transport({ url, apiKey: null, timeoutMs: 60_000, clock });
  await assert.rejects(transport.get("healthz", ANYTHING), {
    name: "TinkerError",
    message: /the time for it is over: .*(refused|connect)/i,
  });
  assert(clock.waits.length > 3 && clock.waits.at(-1)! > 10 * clock.waits[0], String(clock.waits));
});

Deno.test("Session.open() does not wait as long for a server that is not there", async () => {
  await using server = new TinkerServer(lively);
  const { url } = server;
  await server[Symbol.asyncDispose]();
  const clock = new SkippingClock();
  const session = Session.open({ url, apiKey: null, timeoutMs: 1_800_000, clock }, "");
  await assert.rejects(session, { name: "TinkerError", message: /the time for it is over/ });
  assert(clock.now() < 60_000, String(clock.now()));
});

Deno.test("Transport gives up requests under way when it is closed", async () => {
  await using server = new TinkerServer(lively);
  const transport = new Transport({ url: server.url, apiKey: null, timeoutMs: 60_000 });
  const asked = transport.get("get_server_capabilities", ANYTHING);
  transport[Symbol.dispose]();
  await assert.rejects(asked, { name: "TinkerError", message: /^Cannot ask .* is closed$/ });
});

Deno.test("an optimizer step whose answer is lost is made once", async () => {
  const step = async (fault: Fault) => {
    let logprobs: readonly Float32Array[] = [];
    await faulty(fault, async (model, server) => {
      const floats = { logprobs: new Float32Array(4), advantages: new Float32Array(4).fill(1) };
      const datum = { input: IDS.slice(0, -1), targets: IDS.slice(1), floats };
      await model.passes([[datum]], { loss: "importance_sampling", isForwardOnly: false });
      await model.optimizerStep(ADAM);
      logprobs = await model.logprobs([IDS]);
      const bodies = server.asked.filter(({ path }) => path === "optim_step").map(({ body }) =>
        body
      );
      assert(bodies.every(({ seq_id }) => seq_id === bodies[0].seq_id));
    });
    return logprobs;
  };
  const whole = await step(() => null);
  assert.deepEqual(await step(first("optim_step", 2, () => "lost")), whole);
  assert.deepEqual(await step(first("forward_backward", 1, () => "lost")), whole);
});

Deno.test("a number that was used for something else is refused", async () => {
  await served(async (session, server) => {
    const model = await session.createModel({ rank: 1, seed: 1 }, WIRE);
    await model.optimizerStep(ADAM);
    const body = { ...server.asked.find(({ path }) => path === "optim_step")!.body };
    body.adam_params = { ...body.adam_params, beta1: 0.5 };
    await assert.rejects(session.transport.result("optim_step", body, ANYTHING), {
      message: /409: Training request sequence number was reused/,
    });
  });
});

Deno.test("a checkpoint whose answer is lost is saved under another name", async () => {
  await faulty(first("save_weights", 1, () => "lost"), async (model) => {
    assert.match(await model.save("step-3"), /^tinker:\/\/model_\d+\/weights\/step-3-2$/);
  });
});

Deno.test("all that is done to a model has one row of numbers, as the tinker SDK gives it", async () => {
  await using server = new TinkerServer(lively, { wire: "json" });
  const options = { url: server.url, apiKey: null, timeoutMs: 10_000 };
  await using session = await Session.open(options, "");
  const model = await session.createModel({ rank: 1, seed: 1 }, { wire: "json" });
  await model.logprobs([IDS]);
  await model.save("kept");
  await model.optimizerStep(ADAM);
  await model.sampler();
  await model.saveForSampler("trained");
  await model.logprobs([IDS]);
  const numbers = server.asked.flatMap(({ body }) =>
    body.model_id === model.id && body.seq_id !== undefined ? [body.seq_id] : []
  );
  assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6]);
});

Deno.test("a pass has few of its requests under way at a time, in their order", async () => {
  await using server = new TinkerServer(lively, { wire: "json" });
  let most = 0;
  const count = (of: string) => server.asked.filter(({ path }) => path === of).length;
  server.fault = () => {
    if (count("forward") > 0) {
      most = Math.max(most, count("forward") - (count("retrieve_future") - 1));
    }
    return null;
  };
  const options = { url: server.url, apiKey: null, timeoutMs: 10_000 };
  await using session = await Session.open(options, "");
  const chunks = { sequences: 1, bytes: 1e6 };
  const model = await session.createModel({ rank: 1, seed: 1 }, { wire: "json", chunks });
  const logprobs = await model.logprobs(
    Array.from({ length: 40 }, (_, n) => Int32Array.of(n % 32, 1)),
  );
  assert.equal(logprobs.length, 40);
  assert(most <= 8, `${most} under way`);
});

/** Options of ten minutes on a clock that skips waits, and what is told in them. */
function listening({ url }: TinkerServer) {
  const told: string[] = [];
  const onWaiting = (message: string) => void told.push(message);
  const clock = new SkippingClock();
  return { told, options: { url, apiKey: null, timeoutMs: 600_000, clock, onWaiting } };
}

Deno.test("Transport tells what it waits for, once a minute", async () => {
  await using server = new TinkerServer(lively);
  const { told, options } = listening(server);
  using transport = new Transport(options);
  server.fault = ({ count }) => count < 1 ? new Response("", { status: 503 }) : null;
  await transport.get("get_server_capabilities", ANYTHING);
  assert.deepEqual(told, [], "one failure is no matter");
  server.fault = () => new Response("", { status: 503 });
  await assert.rejects(
    transport.get("get_server_capabilities", ANYTHING),
    /the time for it is over/,
  );
  assert(told.length > 5 && told.length <= 10, `${told.length} messages in ten minutes`);
  assert.match(
    told[0],
    /^Waiting for "get_server_capabilities" at http:\/\/.*, up to \d+ s more: its answer is 503$/,
  );
});

Deno.test("Transport tells why a server has paused", async () => {
  await using server = new TinkerServer(lively);
  const { told, options } = listening(server);
  await using session = await Session.open(options, "");
  const paused = { type: "try_again", queue_state: "paused_capacity", queue_state_reason: "full" };
  server.fault = first("retrieve_future", 3, () => Response.json(paused));
  await session.createModel({ rank: 1, seed: 1 }, WIRE);
  assert.equal(told.length, 1);
  assert.match(told[0], /^Waiting for "create_model" at .*: full$/);
});

Deno.test("Session sends its key and names no one else", async () => {
  await using server = new TinkerServer(lively);
  const options = { url: server.url, apiKey: "tml-secret", timeoutMs: 1000 };
  await using session = await Session.open(options, "");
  assert.equal(session.baseModel, "tiny");
  assert(server.asked.every(({ headers }) => headers.get("x-api-key") === "tml-secret"));
  server.fault = () => Response.json({ detail: "no" }, { status: 403 });
  const failure = await session.createModel({ rank: 1, seed: 1 }, WIRE).catch((error) => error);
  assert(failure instanceof TinkerError);
  assert.doesNotMatch(failure.message, /tml-secret/);
  server.fault = () => null;
});

Deno.test("Session refuses a model that the server has not", async () => {
  await using server = new TinkerServer(lively);
  const options = { url: server.url, apiKey: null, timeoutMs: 1000 };
  await assert.rejects(Session.open(options, "Qwen/Qwen3-4B"), {
    name: "RangeError",
    message: /"--base-model" must be one of its models, tiny: it is "Qwen\/Qwen3-4B"/,
  });
});

Deno.test("Session tells of no wait for signs of life, which nobody waits for", async () => {
  await using server = new TinkerServer(lively);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.fault = ({ path, count }) => {
    if (path !== "session_heartbeat") return null;
    if (count === 4) resolve();
    return new Response("", { status: 503 });
  };
  const told: string[] = [];
  const clock = new SkippingClock();
  const onWaiting = (message: string) => told.push(message);
  const options = { url: server.url, apiKey: null, timeoutMs: 10_000, clock, onWaiting };
  await using _session = await Session.open(options, "", 1);
  await promise;
  assert.deepEqual(told, []);
});

Deno.test("Session unloads its models at the end, also where the server knows none of them", async () => {
  await served(async (session, server) => {
    await session.createModel({ rank: 1, seed: 1 }, WIRE);
    await session.createModel({ rank: 1, seed: 1 }, WIRE);
    assert.equal(server.modelCount, 2);
    await session[Symbol.asyncDispose]();
    assert.equal(server.modelCount, 0);
    assert.equal(server.paths.filter((path) => path === "unload_model").length, 2);
  });
});

Deno.test("Session shows that it lives, also after a sign was lost, until it is disposed of", async () => {
  await using server = new TinkerServer(lively);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.fault = ({ path, count }) => {
    if (path !== "session_heartbeat") return null;
    if (count === 2) resolve();
    return count === 0 ? Response.json({ detail: "no" }, { status: 404 }) : null;
  };
  const options = { url: server.url, apiKey: null, timeoutMs: 1000 };
  await using _session = await Session.open(options, "", 1);
  await promise;
  assert(
    server.asked.some(({ path, body }) =>
      path === "session_heartbeat" && body.session_id === "session_1"
    ),
  );
});

Deno.test("a file that lies elsewhere is fetched from there without the key", async () => {
  const seen: Headers[] = [];
  await using elsewhere = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ headers }) => {
      seen.push(headers);
      return new Response("adapters");
    },
  );
  const location = `http://127.0.0.1:${elsewhere.addr.port}/signed`;
  const archive = () => new Response(null, { status: 302, headers: { location } });
  await using server = new TinkerServer(lively, { archive });
  const options = { url: server.url, apiKey: "tml-secret", timeoutMs: 10_000 };
  await using session = await Session.open(options, "");
  const model = await session.createModel({ rank: 1, seed: 1 }, WIRE);
  const bytes = await model.archive(await model.saveForSampler("kept"), 8);
  assert.equal(new TextDecoder().decode(bytes), "adapters");
  assert.deepEqual(seen.map((headers) => headers.get("x-api-key")), [null]);
});

/** A line over which a file or an answer takes 600 ms, where 300 ms of silence are too many. */
const SLOW = { silenceMs: 300, steps: 6, stepMs: 100 };

Deno.test("a file over a slow line is waited for while parts of it come", async () => {
  let requests = 0;
  const archive = () => {
    requests++;
    return new Response(ReadableStream.from(slowParts()));
  };
  await using server = new TinkerServer(lively, { archive });
  const options = { url: server.url, apiKey: null, timeoutMs: 60_000, silenceMs: SLOW.silenceMs };
  using transport = new Transport(options);
  const bytes = await transport.download("training_runs/1/checkpoints/1/archive", 6);
  assert.equal(bytes.length, SLOW.steps);
  assert.equal(requests, 1);
});

async function* slowParts() {
  for (let n = 0; n < SLOW.steps; n++) {
    await new Promise((resolve) => setTimeout(resolve, SLOW.stepMs));
    yield Uint8Array.of(n);
  }
}

Deno.test("a large request over a slow line is given the time that it takes", async () => {
  const seen: number[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      seen.push((await request.bytes()).length);
      for await (const _ of slowParts());
      return Response.json({});
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const options = { url, apiKey: null, timeoutMs: 60_000, silenceMs: SLOW.silenceMs };
  using transport = new Transport(options);
  await transport.post("forward_backward", new Uint8Array(100_000), ANYTHING);
  assert.deepEqual(seen, [100_000]);
});
