import assert from "finestep/assert";
import type { Surrogate } from "../../../src/algorithms/algorithm.ts";
import { makeAlgorithm } from "../../../src/algorithms/mod.ts";
import type { Engine } from "../../../src/engines/engine.ts";
import { OnnxEngine } from "../../../src/engines/onnx.ts";
import { TinkerEngine } from "../../../src/engines/tinker/engine.ts";
import { REDUCTIONS } from "../../../src/engines/tinker/reduction.ts";
import type { ChunkLimits } from "../../../src/engines/tinker/chunks.ts";
import { Session } from "../../../src/engines/tinker/session.ts";
import { initialAdapters, LORA_TARGETS } from "../../../src/models/lora.ts";
import { plainChat, tinyConfig, tinyOptions } from "../engine_fixtures.ts";
import { BATCH } from "../update_batch.ts";
import { archiveOf, tarOf } from "./archives.ts";
import { SkippingClock } from "./clients.ts";
import { EngineModel } from "./served_models.ts";
import { type Checkpoints, type Habits, TinkerServer } from "./tinker_server.ts";

const CONFIG = tinyConfig({ model_type: "qwen3" });
const ADAM = { beta1: 0.9, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.01 };
const LEARNING_RATE = 0.01;

/** Of logprobs of up to 20 after two updates: advantages are rounded to 32 bits, as gradients are here. */
const TOLERANCE = 2e-5;

/** An embedded engine that learns adapters, the same each time. */
async function embedded(): Promise<OnnxEngine> {
  const shape = { rank: 3, alpha: 6, targets: LORA_TARGETS };
  const weights = initialAdapters(CONFIG, shape, 3);
  for (const [name, { data }] of weights) {
    if (name.endsWith("lora_B.weight")) data.forEach((_, i) => data[i] = Math.sin(i + 1) / 3);
  }
  const options = { config: CONFIG, adam: ADAM, maxGradientNorm: 0, adapters: { shape, weights } };
  return await OnnxEngine.create({ ...tinyOptions(options), threads: 1 });
}

interface Setting {
  readonly habits?: Partial<Habits>;
  readonly onWarning?: (message: string) => void;
  readonly chunks?: ChunkLimits;
  readonly checkpoints?: Checkpoints;
}

/** An engine on a server over the same model as {@linkcode embedded}. */
async function remote(
  { habits = {}, chunks, checkpoints, onWarning }: Setting,
  use: (engine: TinkerEngine, server: TinkerServer) => Promise<void>,
): Promise<void> {
  await using server = new TinkerServer(
    async () => new EngineModel(await embedded(), CONFIG.vocabSize),
    habits,
    checkpoints,
  );
  const { reduction = "sequence-mean", accumulation = "joint", wire = "protobuf" } = habits;
  if (accumulation === "last request only") throw new TypeError("no engine goes with that");
  const clock = new SkippingClock();
  await using engine = new TinkerEngine({
    session: await Session.open({ url: server.url, apiKey: null, timeoutMs: 60_000, clock }, ""),
    config: CONFIG,
    chat: plainChat(CONFIG.vocabSize),
    adapters: { rank: 3, seed: 1 },
    adam: { ...ADAM, maxGradientNorm: 0 },
    reducing: { reduction, accumulation },
    model: { wire, chunks },
    slots: 4,
    onWarning,
  });
  await use(engine, server);
}

/** Two updates; the second finds what moments are left of the first. */
async function updated(engine: Engine, algorithm: string) {
  const { surrogate } = makeAlgorithm(algorithm);
  const reports = [];
  for (let step = 0; step < 2; step++) {
    const report = await engine.update(BATCH, surrogate, LEARNING_RATE);
    const { loss, gradientNorm, metrics } = report;
    reports.push(loss, gradientNorm, ...Object.values(metrics));
  }
  return { reports, logprobs: await engine.logprobs(BATCH) };
}

/** What the embedded engine makes of an algorithm's updates, found once. */
const expectedOf = (() => {
  const known = new Map<string, ReturnType<typeof updated>>();
  return (algorithm: string) => {
    const found = known.get(algorithm) ?? embeddedUpdates(algorithm);
    known.set(algorithm, found);
    return found;
  };
})();

async function embeddedUpdates(algorithm: string) {
  await using own = await embedded();
  const before = await own.logprobs(BATCH);
  const after = await updated(own, algorithm);
  assert(largest(before, after.logprobs) > 1000 * TOLERANCE, "the updates change the model");
  return after;
}

async function assertSameUpdates(setting: Setting, algorithm: string): Promise<void> {
  const expected = await expectedOf(algorithm);
  await remote(setting, async (engine) => {
    const actual = await updated(engine, algorithm);
    for (const field of ["reports", "logprobs"] as const) {
      const difference = largest(actual[field], expected[field]);
      assert(difference < TOLERANCE, `${field} differ by ${difference}`);
    }
  });
}

function largest(some: ArrayLike<number>, others: ArrayLike<number>): number {
  assert.equal(some.length, others.length);
  return Math.max(...Array.from(some, (value, n) => Math.abs(value - others[n])));
}

for (const reduction of REDUCTIONS) {
  for (const accumulation of ["joint", "added"] as const) {
    Deno.test(`TinkerEngine updates as the embedded engine does where losses are reduced by ${reduction}, ${accumulation}`, async () => {
      const chunks = { sequences: 2, bytes: 1e6 };
      await assertSameUpdates({ habits: { reduction, accumulation }, chunks }, "finestep");
    });
  }
}

for (const algorithm of ["grpo", "dapo", "gspo", "sft"]) {
  Deno.test(`TinkerEngine takes the embedded engine's step of ${algorithm}`, async () => {
    await assertSameUpdates({}, algorithm);
  });
}

Deno.test("TinkerEngine takes the same step in JSON", async () => {
  await assertSameUpdates({ habits: { wire: "json" } }, "finestep");
});

Deno.test("TinkerEngine recomputes the logprobs of demonstrations, which were not sampled", async () => {
  await using own = await embedded();
  const batch = { ...BATCH, sampledLogprobs: new Float64Array(BATCH.ids.length) };
  const { surrogate } = makeAlgorithm("sft");
  await own.update(batch, surrogate, LEARNING_RATE, "sampled");
  const expected = await own.logprobs(batch);
  await remote({}, async (engine) => {
    await engine.update(batch, surrogate, LEARNING_RATE, "sampled");
    assert(largest(await engine.logprobs(batch), expected) < 1e-4);
  });
});

Deno.test("TinkerEngine saves a forward pass where the gradient is taken at sampled logprobs", async () => {
  await remote({}, async (engine, server) => {
    const { surrogate } = makeAlgorithm("grpo");
    const batch = { ...BATCH, sampledLogprobs: await engine.logprobs(BATCH) };
    const passes = () => server.paths.filter((path) => path === "forward_backward").length;
    const before = passes();
    await engine.update(batch, surrogate, LEARNING_RATE, "sampled");
    assert.equal(passes() - before, 1);
    await engine.update(batch, surrogate, LEARNING_RATE, "recomputed");
    assert.equal(passes() - before, 3);
  });
});

Deno.test("TinkerEngine makes no step where the loss at the server's logprobs is not finite", async () => {
  await remote({}, async (engine, server) => {
    const { surrogate } = makeAlgorithm("grpo");
    let calls = 0;
    const broken: Surrogate = (...args) => ({
      ...surrogate(...args),
      ...calls++ > 0 && { loss: NaN },
    });
    await assert.rejects(engine.update(BATCH, broken, LEARNING_RATE, "sampled"), {
      name: "TinkerError",
      message: /the loss must be finite: .* NaN; go on from the last checkpoint$/,
    });
    assert.equal(calls, 2);
    assert(!server.asked.some(({ path }) => path === "optim_step"));
  });
});

Deno.test("TinkerEngine goes on where it was after the server has forgotten its models", async () => {
  const { surrogate } = makeAlgorithm("grpo");
  await using own = await embedded();
  for (let step = 0; step < 3; step++) await own.update(BATCH, surrogate, LEARNING_RATE);
  const expected = await own.logprobs(BATCH);
  await remote({}, async (engine, server) => {
    await engine.update(BATCH, surrogate, LEARNING_RATE);
    await engine.update(BATCH, surrogate, LEARNING_RATE);
    const state = await engine.state();
    assert.equal(state.optimizerSteps, 2);
    assert.match(state.remote!, /^tinker:\/\/model_\d+\/weights\/step-2-/);
    await server.restart();
    await assert.rejects(engine.update(BATCH, surrogate, LEARNING_RATE), /not loaded/);
    await engine.restore(state);
    await engine.update(BATCH, surrogate, LEARNING_RATE);
    assert(largest(await engine.logprobs(BATCH), expected) < 1e-4);
  });
});

Deno.test("TinkerEngine loads into a new model where the answer to a load is lost", async () => {
  await remote({}, async (engine, server) => {
    const state = await engine.state();
    server.fault = ({ path, count }) => path === "load_weights" && count < 2 ? "lost" : null;
    await engine.restore(state);
    assert.equal(server.paths.filter((path) => path === "load_weights").length, 3);
    assert.equal(server.modelCount, 1);
  });
});

Deno.test("TinkerEngine refuses a checkpoint of another model, and asks no server that does not tell", async () => {
  await remote({ habits: { savedModel: "Qwen/Qwen3-4B" } }, async (engine, server) => {
    const state = await engine.state();
    await assert.rejects(engine.restore(state), {
      name: "RangeError",
      message: /^Cannot go on from tinker:.* the one that was trained, Qwen\/Qwen3-4B: it is tiny$/,
    });
    server.fault = ({ path }) =>
      path === "weights_info" ? Response.json({ detail: "Not Found" }, { status: 404 }) : null;
    await engine.restore(state);
  });
});

Deno.test("TinkerEngine goes no further where a step's gradient was not finite", async () => {
  await remote({}, async (engine, server) => {
    server.fault = ({ path }) =>
      path === "retrieve_future" && server.paths.at(-1) === "optim_step"
        ? Response.json({ metrics: { "skyrl.ai/grad_norm": null } })
        : null;
    await assert.rejects(engine.update(BATCH, makeAlgorithm("grpo").surrogate, LEARNING_RATE), {
      name: "TinkerError",
      message: /its gradient's norm must be finite: the server's is NaN; go on from the last/,
    });
  });
});

Deno.test("TinkerEngine tells why a load failed, not why it could not be cleaned up after", async () => {
  await remote({}, async (engine, server) => {
    const state = await engine.state();
    let isDown = false;
    server.fault = ({ path }) => {
      isDown ||= path === "load_weights";
      return isDown ? new Response("", { status: 503 }) : null;
    };
    await assert.rejects(engine.restore(state), /"(load_weights|create_model)" at .* is over/);
    server.fault = () => null;
  });
});

Deno.test("TinkerEngine refuses a checkpoint of an engine in this process", async () => {
  await using own = await embedded();
  const state = await own.state();
  await remote({}, async (engine) => {
    await assert.rejects(engine.restore(state), /must be one of a Tinker server: it has tensors/);
  });
});

Deno.test("TinkerEngine samples from new weights after an update, and from no older ones", async () => {
  await remote({}, async (engine, server) => {
    const policy = engine.policy({ temperature: 1, maxTurnTokens: 2 });
    const talk = async () => {
      const conversation = policy.start([{ role: "user", content: "5 9" }], {
        exampleId: "0",
        seed: 1,
      });
      await conversation.act();
      conversation.close();
    };
    await Promise.all([talk(), talk(), talk()]);
    await engine.update(BATCH, makeAlgorithm("grpo").surrogate, LEARNING_RATE);
    await Promise.all([talk(), talk()]);
    const saves = server.paths.filter((path) => path === "save_weights_for_sampler");
    assert.equal(saves.length, 2);
    const sessions = server.asked.filter(({ path }) => path === "asample")
      .map(({ body }) => body.sampling_session_id);
    assert.equal(new Set(sessions.slice(0, 3)).size, 1);
    assert.equal(new Set(sessions).size, 2);
  });
});

Deno.test("TinkerEngine asks for a turn by the very tokens before it, in limited numbers at a time", async () => {
  await remote({}, async (engine, server) => {
    const policy = engine.policy({ temperature: 1, maxTurnTokens: 3 });
    const seeds = [1, 1, 2, 3, 4, 5];
    const tokens = await Promise.all(seeds.map(async (seed) => {
      const conversation = policy.start([{ role: "user", content: "5 9" }], {
        exampleId: "0",
        seed,
      });
      await conversation.act();
      conversation.observe("7 8");
      await conversation.act();
      return conversation.close()!;
    }));
    assert.deepEqual(tokens[0], tokens[1]);
    assert(tokens.slice(2).some(({ ids }) => String(ids) !== String(tokens[0].ids)));
    const prompts = server.asked.filter(({ path }) => path === "asample")
      .map(({ body }) => body.prompt.chunks[0].tokens as number[]);
    for (const { ids } of tokens) {
      const text = String([...ids]);
      assert.equal(prompts.filter((prompt) => text.startsWith(`${prompt},`)).length >= 2, true);
    }
  });
});

Deno.test("TinkerEngine gives the adapters that the server archives, or tells where they are", async () => {
  await remote({}, async (engine) => {
    const { remote: path, weights } = await engine.learned();
    assert.match(path!, /^tinker:\/\/model_\d+\/trained-/);
    assert.equal(weights.size, 0);
  });
  const shape = { rank: 3, alpha: 32, targets: LORA_TARGETS };
  const weights = initialAdapters(CONFIG, shape, 9);
  const bytes = await archiveOf({ shape, weights });
  await remote({ habits: { archive: () => new Response(bytes) } }, async (engine) => {
    const learned = await engine.learned();
    assert.deepEqual(learned.shape, shape);
    assert.deepEqual(new Map([...learned.weights].sort()), new Map([...weights].sort()));
  });
});

Deno.test("TinkerEngine tells why trained adapters stay on the server, which ends no run", async () => {
  const endless = () => new Response(ReadableStream.from(megabytes()));
  const archives: readonly (readonly [() => Response, RegExp])[] = [
    [() => new Response(tarOf({ "model.safetensors": "" })), /must have adapter_model.safetensors/],
    [() => new Response("<html>"), /must have adapter_model.safetensors/],
    [endless, /must have at most \d+ bytes: it has more$/],
  ];
  for (const [archive, reason] of archives) {
    const warnings: string[] = [];
    const setting = { habits: { archive }, onWarning: (said: string) => warnings.push(said) };
    await remote(setting, async (engine) => {
      const { remote: path, weights } = await engine.learned();
      assert.match(path!, /^tinker:/);
      assert.equal(weights.size, 0);
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^the trained adapters stay where they are: /);
    assert.match(warnings[0], reason);
  }
});

function* megabytes() {
  while (true) yield new Uint8Array(1_000_000);
}
