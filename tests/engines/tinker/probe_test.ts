import assert from "finestep/assert";
import { probe, type ProbeOptions } from "../../../src/engines/tinker/probe.ts";
import { PROFILES } from "../../../src/engines/tinker/profile.ts";
import { REDUCTIONS } from "../../../src/engines/tinker/reduction.ts";
import { checkedReducing, findingRows, warningsOf } from "../../../src/engines/tinker/verdict.ts";
import { served } from "./clients.ts";
import { type Habits, SKYRL } from "./tinker_server.ts";

const OPTIONS: ProbeOptions = {
  rank: 4,
  vocabSize: 32,
  triesLosses: false,
  triesWeightDecay: true,
};

const DEMANDS = {
  profile: "auto",
  adam: "sent",
  maxGradientNorm: 0,
  weightDecay: 0,
} as const;

async function found(habits: Partial<Habits> = {}, options: Partial<ProbeOptions> = {}) {
  return await new Promise<Awaited<ReturnType<typeof probe>>>((resolve, reject) =>
    served(async (session, server) => {
      const findings = await probe(session, { ...OPTIONS, ...options });
      assert.equal(server.modelCount, 0);
      resolve(findings);
    }, habits).catch(reject)
  );
}

const refusalsOf = (findings: Awaited<ReturnType<typeof probe>>) =>
  findingRows(findings).filter(({ isRefusal }) => isRefusal).map(({ question }) => question);

for (const [n, reduction] of REDUCTIONS.entries()) {
  for (const accumulation of ["joint", "added"] as const) {
    // Each reduction is told in one way by joint requests, and in the other by added ones.
    const tellsNorms = (accumulation === "joint") === (n % 2 === 0);
    const by = tellsNorms ? "by norms" : "by what a step does";
    Deno.test(`probe() tells ${reduction} of ${accumulation} requests ${by}`, async () => {
      const findings = await found({ reduction, accumulation, tellsNorms });
      assert.equal(findings.reduction, reduction);
      // A sum is the same either way.
      if (reduction !== "sum") assert.equal(findings.accumulation, accumulation);
      assert.deepEqual(refusalsOf(findings), []);
      assert.equal(checkedReducing(findings, DEMANDS).reduction, reduction);
    });
  }
}

Deno.test("probe() writes passes as the server wants them", async () => {
  assert.equal((await found({ wire: "json" })).wire, "json");
});

Deno.test("probe() finds all of SkyRL's habits", async () => {
  const { passDifference, mixedResponse, samplingDifference, ...findings } = await found({}, {
    triesLosses: true,
  });
  assert.deepEqual(findings, {
    wire: "protobuf",
    losses: SKYRL.losses,
    reduction: "sequence-mean",
    accumulation: "joint",
    hasRatio: true,
    readsWeights: true,
    readsLearningRate: true,
    readsEpsilon: true,
    readsBeta1: true,
    readsBeta2: true,
    readsWeightDecay: true,
    clipsGradients: false,
    repeatsSeeds: true,
    givesStopToken: true,
  });
  assert.equal(passDifference, 0);
  assert(Math.abs(mixedResponse - 1) < 0.02, String(mixedResponse));
  assert(samplingDifference < 1e-5);
});

/** SkyRL's on GPUs, which are set when the server starts. */
const KEPT = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, grad_clip_norm: 1 };

/** Constants that servers keep, with what is found to be read. */
const CONSTANTS: readonly (readonly [string, Habits["adam"], readonly boolean[]])[] = [
  ["epsilon", (adam) => ({ ...adam, eps: 1e-8 }), [false, false, false]],
  ["beta1", (adam) => ({ ...adam, beta1: 0.5 }), [false, false, false]],
  ["beta2", (adam) => ({ ...adam, beta2: 0.95 }), [true, true, false]],
  ["AdamW", ({ learning_rate }) => ({ ...KEPT, learning_rate }), [false, false, false]],
];

for (const [what, adam, read] of CONSTANTS) {
  Deno.test(`probe() finds that a server keeps its ${what}, which must be asked for`, async () => {
    const findings = await found({ adam });
    const { readsEpsilon, readsBeta1, readsBeta2 } = findings;
    assert.deepEqual([readsEpsilon, readsBeta1, readsBeta2], read);
    assert.throws(() => checkedReducing(findings, DEMANDS), /give --adam server/);
    assert.deepEqual(checkedReducing(findings, { ...DEMANDS, adam: "server" }), {
      reduction: "sequence-mean",
      accumulation: "joint",
    });
  });
}

/** Servers that cannot be trained on rightly, with what is said of them. */
const WRONG: readonly (readonly [string, Partial<Habits>, RegExp])[] = [
  ["forgets all but the last request", { accumulation: "last request only" }, /several requests/],
  ["drops out", { noise: (pass) => 0.3 * (pass % 2) }, /do passes agree/],
  [
    "keeps all of AdamW and tells no norms",
    { adam: ({ learning_rate }) => ({ ...KEPT, learning_rate }), tellsNorms: false },
    /divided by/,
  ],
];

for (const [what, habits, question] of WRONG) {
  Deno.test(`probe() refuses a server that ${what}`, async () => {
    const findings = await found(habits);
    const refusals = refusalsOf(findings);
    assert(refusals.some((refused) => question.test(refused)), refusals.join());
    const demands = { ...DEMANDS, adam: "server" } as const;
    assert.throws(() => checkedReducing(findings, demands), {
      name: "RangeError",
      message: /^Cannot train on this server/,
    });
  });
}

Deno.test("probe() says why a forward pass is refused", async () => {
  await served(async (session, server) => {
    server.fault = ({ path }) =>
      path.startsWith("forward")
        ? Response.json({ detail: "CUDA out of memory" }, { status: 400 })
        : null;
    await assert.rejects(probe(session, OPTIONS), {
      name: "TypeError",
      message:
        /must have a forward pass: it refuses one\s+in protobuf: .*CUDA out of memory\s+in json: /,
    });
    assert.equal(server.modelCount, 0);
  });
});

Deno.test("probe() tells what failed, and waits for it alone", async () => {
  await served(async (session, server, clock) => {
    server.fault = () => server.paths.length > 9 ? new Response("", { status: 503 }) : null;
    await assert.rejects(probe(session, OPTIONS), /"(forward_backward|optim_step)" at .* is over/);
    assert(clock.now() < 700_000, `${clock.now()} ms`);
    server.fault = () => null;
  });
});

Deno.test("probe() refuses a server that keeps its learning rate", async () => {
  await assert.rejects(
    found({ adam: (adam) => ({ ...adam, learning_rate: 1 }) }),
    /an optimizer step must go as far as its learning rate says: none of 12 /,
  );
});

Deno.test("probe() tells who scales gradients down, repeats samples and gives the stop token", async () => {
  const findings = await found({
    adam: (adam) => adam,
    repeatsSeeds: false,
    givesStopToken: false,
  }, { triesWeightDecay: false });
  assert.equal(findings.clipsGradients, true);
  assert.equal(findings.repeatsSeeds, false);
  assert.equal(findings.givesStopToken, false);
  assert.equal(findings.readsWeightDecay, null);
  assert.equal(warningsOf(findings).length, 2);
});

Deno.test("checkedReducing() refuses what was asked for and cannot be had", async () => {
  const findings = await found({
    adam: (adam) => ({ ...adam, weight_decay: 0, grad_clip_norm: 0 }),
  });
  const check = (demands: object) => () => checkedReducing(findings, { ...DEMANDS, ...demands });
  assert.deepEqual(check({})(), { reduction: "sequence-mean", accumulation: "joint" });
  assert.throws(check({ maxGradientNorm: 1 }), /give --max-gradient-norm 0/);
  assert.throws(check({ weightDecay: 0.01 }), /give --weight-decay 0/);
  assert.throws(
    check({ profile: "hosted" }),
    /it is no hosted: reduction is sequence-mean, not sum/,
  );
  assert.deepEqual(check({ profile: "skyrl-jax" })(), {
    reduction: PROFILES["skyrl-jax"].reduction,
    accumulation: PROFILES["skyrl-jax"].accumulation,
  });
});
