import assert from "finestep/assert";
import type { Model } from "../../src/models/model_folder.ts";
import { openStore } from "../../src/store/run_store.ts";
import { TableModel } from "../engines/tinker/served_models.ts";
import { type Habits, TinkerServer } from "../engines/tinker/tinker_server.ts";
import { FinestepProcess } from "../tiny/finestep_process.ts";
import { tinyModel } from "../tiny/model.ts";
import { finestep, Workplace } from "../tiny/workplace.ts";

/** Without what this server has not. */
const FITTING = ["--lora-rank", "2", "--max-gradient-norm", "0", "--weight-decay", "0"];

/** With a second model, which the policy is kept near to. */
const STEPS = ["--train-steps", "4", "--checkpoint-every", "2", "--kl-coefficient", "0.05"];

/** A server of the walk that is built into the tiny model, without its attention. */
function servedWalk(habits: Partial<Habits> = {}): TinkerServer {
  const logits = walkLogits(tinyModel());
  return new TinkerServer(() => Promise.resolve(new TableModel(logits)), habits);
}

function walkLogits({ config, weights }: Model): Float64Array {
  const { vocabSize, hiddenSize } = config;
  const rowsOf = (name: string) => {
    const { data } = weights.get(name)!;
    return Array.from(
      { length: vocabSize },
      (_, v) => data.subarray(v * hiddenSize, (v + 1) * hiddenSize),
    );
  };
  const heads = rowsOf("lm_head.weight");
  return Float64Array.from(
    rowsOf("model.embed_tokens.weight").flatMap((embedded) => {
      const size = Math.sqrt(embedded.reduce((sum, x) => sum + x * x, 0) / hiddenSize);
      return heads.map((head) => head.reduce((sum, x, i) => sum + x * embedded[i], 0) / size);
    }),
  );
}

function flags(workplace: Workplace, server: TinkerServer): string[] {
  return workplace.trainFlags("--engine", "tinker", "--server", server.url, ...FITTING, ...STEPS);
}

/** What a run has stored, but for times and checkpoints' names. */
function stored(workplace: Workplace) {
  using store = openStore(workplace.store);
  const steps = store.trainSteps(1).map(({ metrics }) =>
    Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith("time/")))
  );
  return { steps, verdicts: store.verdicts(1, "after").map(({ isCorrect }) => isCorrect) };
}

Deno.test("finestep train on a server goes on after both were killed as if nothing had been", async () => {
  await using whole = await Workplace.open();
  await using reliable = servedWalk();
  const first = await finestep("train", ...flags(whole, reliable));
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^Trained policy: tinker:\/\/.* \(kept by the server\)$/m);
  const expected = stored(whole);
  assert.equal(expected.steps.length, 4);
  assert(expected.steps.some((metrics) => metrics["loss/gradient_norm"] > 0.01));

  await using killed = await Workplace.open();
  await using server = servedWalk();
  const process = new FinestepProcess(killed, "train", ...flags(killed, server));
  await process.killedAfterLine(/^step 3\/4/);
  await server.restart();
  const resumed = await finestep("train", "--resume", "1", "--store", killed.store);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /^Going on after train step 2$/m);
  assert.equal(server.paths.filter((path) => path === "load_weights").length, 1);
  assert.deepEqual(stored(killed), expected);
});

Deno.test("finestep train on a server frees its models there when it is interrupted, and goes on", async () => {
  await using workplace = await Workplace.open();
  await using server = servedWalk();
  const process = new FinestepProcess(workplace, "train", ...flags(workplace, server));
  const { code, stderr } = await process.interruptedAfterLine(/^step 1\/4/);
  assert.equal(code, 130, stderr);
  assert.match(stderr, /^Stopped; go on with: finestep train --resume 1 /m);
  assert.equal(server.modelCount, 0);
  const resumed = await finestep("train", "--resume", "1", "--store", workplace.store);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal(server.modelCount, 0);
  assert.equal(stored(workplace).steps.length, 4);
});

Deno.test("finestep train says in the server's own words that its models are lost", async () => {
  await using workplace = await Workplace.open();
  await using server = servedWalk();
  server.fault = ({ path, count }) => {
    if (path === "asample" && count === 30) server.restart();
    return null;
  };
  const { code, stderr } = await finestep("train", ...flags(workplace, server));
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot go on as the server refused "\w+" at .*$/m);
  assert.doesNotMatch(stderr, /^ +at /m);
});

Deno.test("finestep train refuses a server that would not do as it is told", async () => {
  await using workplace = await Workplace.open();
  await using server = servedWalk();
  const on = [...workplace.trainFlags(), "--engine", "tinker", "--server", server.url];
  const whole = await finestep("train", ...on);
  assert.equal(whole.code, 1);
  assert.match(
    whole.stderr,
    /^Cannot use a Tinker server as "--lora-rank" must be 1 or more/m,
  );
  const clipped = await finestep("train", ...on, "--lora-rank", "2");
  assert.equal(clipped.code, 1);
  assert.match(clipped.stderr, /give --max-gradient-norm 0$/m);
  assert.equal(server.modelCount, 0);
});

Deno.test("finestep eval on a server needs no options of learning, and scores as an engine here does", async () => {
  await using workplace = await Workplace.open();
  await using server = servedWalk();
  const flags = ["--data", workplace.file("data"), "--model", workplace.file("model")];
  const on = [...flags, "--max-turns", "3", "--store", workplace.store];
  const there = await finestep("eval", ...on, "--engine", "tinker", "--server", server.url);
  const here = await finestep("eval", ...on);
  assert.equal(there.code, 0, there.stderr);
  assert.match(there.stdout, /: \d+ of \d+ right$/m);
  assert.equal(scores(there.stdout), scores(here.stdout));
  assert.equal(server.modelCount, 0);
});

/** What an evaluation prints but for where it ran and its run's number. */
function scores(stdout: string): string {
  return stdout.slice(0, stdout.indexOf("Ran with"));
}

Deno.test("finestep engine probe exits with 1 where a server cannot be trained on", async () => {
  await using server = servedWalk({ accumulation: "last request only" });
  const { code, stdout } = await finestep("engine", "probe", server.url, "--json");
  assert.equal(code, 1);
  const { schema, baseModel, findings, rows } = JSON.parse(stdout);
  assert.equal(schema, "finestep.probe/1");
  assert.equal(baseModel, "tiny");
  assert.equal(findings.reduction, "sequence-mean");
  assert.deepEqual(
    rows.filter(({ isRefusal }: { isRefusal: boolean }) => isRefusal)
      .map(({ question }: { question: string }) => question),
    ["what are several requests?", "does a mixed batch move as it should?"],
  );
});
