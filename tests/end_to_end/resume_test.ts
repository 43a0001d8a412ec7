import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openStore, type RunStore } from "../../src/store/run_store.ts";
import { FinestepProcess } from "../tiny/finestep_process.ts";
import { finestep, sha256, Workplace } from "../tiny/workplace.ts";

/** With dynamic sampling, so that the examples drawn do not follow from the number of steps. */
const STEPS = [
  ...["--train-steps", "6", "--checkpoint-every", "2", "--schedule", "cosine"],
  ...["--drop-zero-variance", "outcome", "--resample"],
];

Deno.test("finestep train --resume ends as if the run had never been killed", async (t) => {
  await using whole = await Workplace.open();
  assert.equal((await finestep("train", ...whole.trainFlags(...STEPS))).code, 0);
  const expected = await result(whole);
  assert.equal(expected.steps.length, 6);
  assert(expected.steps.some((metrics) => metrics["loss/gradient_norm"] > 0.01));

  await t.step("killed after steps and within checkpoints", async () => {
    await using killed = await Workplace.open();
    await start(killed).killedAfterLine(/^step 1\/6/);
    assert.equal(withStore(killed, (store) => store.run(1).status), "interrupted");
    assert.match(await resume(killed).killedAtFile(/step-000002.*\.part$/), /^step 1\/6/m);
    await resume(killed).killedAfterLine(/^step 3\/6/);
    await resume(killed).killedAtFile(/step-000004.*\.part$/);
    await resume(killed).killedAfterLine(/^step 5\/6/);
    const { code, stderr } = await resume(killed).ended();
    assert.equal(code, 0, stderr);
    assert.deepEqual(await result(killed), expected);
  });

  await t.step("killed around its first evaluation", async () => {
    await using killed = await Workplace.open();
    await start(killed).killedAfterLine(/^Policy:/);
    await resume(killed).killedAfterLine(/^evaluating before training/);
    assert.equal((await resume(killed).ended()).code, 0);
    assert.deepEqual(await result(killed), expected);
  });

  await t.step("stopped after its last step", async () => {
    withStore(whole, (store) => store.finishRun(1, "failed"));
    const { code, stderr } = await resume(whole).ended();
    assert.equal(code, 0);
    assert.match(stderr, /^Going on after train step 6$/m);
    assert.doesNotMatch(stderr, /^step /m);
    assert.deepEqual(await result(whole), expected);
  });

  await t.step("killed within its first checkpoint", async () => {
    await using killed = await Workplace.open();
    await start(killed).killedAfterLine(/^step 3\/6/);
    // As a crash leaves it before the manifest is written.
    const checkpoint = killed.file("runs", "1", "checkpoints", "step-000002");
    await Deno.remove(join(checkpoint, "manifest.json"));
    await Deno.writeTextFile(join(checkpoint, "adam_v.safetensors.part"), "half");
    const { code, stderr } = await resume(killed).ended();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^step 1\/6/m);
    assert.deepEqual(await result(killed), expected);
  });

  await t.step("stopped by Ctrl-C", async () => {
    await using stopped = await Workplace.open();
    const { code, stderr } = await start(stopped).interruptedAfterLine(/^step 3\/6/);
    assert.equal(code, 130);
    const next = `Stopped; go on with: finestep train --resume 1 --store ${stopped.store}`;
    assert(stderr.split("\n").includes(next), stderr);
    assert.equal(withStore(stopped, (store) => store.run(1).status), "interrupted");
    const resumed = await resume(stopped).ended();
    assert.match(resumed.stderr, /^Going on after train step [3-6]$/m);
    assert.doesNotMatch(resumed.stderr, /^evaluating before/m);
    assert.equal(resumed.code, 0);
    assert.deepEqual(await result(stopped), expected);
  });
});

function start(workplace: Workplace): FinestepProcess {
  return new FinestepProcess(workplace, "train", ...workplace.trainFlags(...STEPS));
}

/** Goes on under the options that the run was started with. */
function resume(workplace: Workplace): FinestepProcess {
  return new FinestepProcess(workplace, "train", "--resume", "1", "--store", workplace.store);
}

function withStore<T>(workplace: Workplace, use: (store: RunStore) => T): T {
  using store = openStore(workplace.store);
  return use(store);
}

/** Everything that a run leaves behind, without its times. */
async function result(workplace: Workplace) {
  using store = openStore(workplace.store);
  const { status, trainStepCount, episodeCount } = store.run(1);
  const phases = ["before", "train", "after"] as const;
  return {
    status,
    trainStepCount,
    episodeCount,
    steps: store.trainSteps(1).map(({ metrics }) => withoutTimes(metrics)),
    metrics: store.metrics(1),
    verdicts: phases.map((phase) =>
      store.verdicts(1, phase).map((verdict) => ({ ...verdict, predictedMs: null, goldMs: null }))
    ),
    episodes: phases.map((phase) =>
      Array.from(store.episodes(1, phase), ({ episode, ...record }) => ({
        ...record,
        exampleId: episode.exampleId,
        seed: episode.seed,
        texts: episode.steps.map(({ text }) => text),
        logprobs: digest(episode.tokens?.sampledLogprobs),
        // An evaluation stores episodes in the order in which they end.
      })).sort((a, b) => phase === "train" ? 0 : Number(a.exampleId) - Number(b.exampleId))
    ),
    weights: await sha256(workplace.file("runs", "1", "policy", "model.safetensors")),
  };
}

/** A short form of numbers that shows any difference. */
function digest(numbers: Float32Array = new Float32Array()): string {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

function withoutTimes(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith("time/")));
}
