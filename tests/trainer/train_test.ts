import assert from "finestep/assert";
import { sqlTask } from "../env/shop.ts";
import type { Algorithm } from "../../src/algorithms/algorithm.ts";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { defaults } from "../../src/config/option.ts";
import { loadDataset } from "../../src/dataset/dataset.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { ENGINE_OPTIONS } from "../../src/engines/options.ts";
import { makeEngine } from "../../src/cli/engine_setup.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { StepReport } from "../../src/trainer/step_report.ts";
import { type Progress, train, type TrainSetup } from "../../src/trainer/train.ts";
import { ScriptedEngine } from "../tiny/engine.ts";
import { tinyModel } from "../tiny/model.ts";
import { Workplace } from "../tiny/workplace.ts";
import { alternating, collectSetup, type trainOptions } from "./setups.ts";

const METRICS = [
  "batch/kept_groups",
  "batch/sampled_groups",
  "env/ex",
  "env/format_violations",
  "env/redundant_tool_calls",
  "env/sampled_tokens",
  "env/tokens",
  "env/tool_calls",
  "loss/approx_kl",
  "loss/clip_fraction",
  "loss/gradient_norm",
  "loss/is_applied",
  "loss/learning_rate",
  "loss/loss",
  "loss/policy",
  "reward/outcome",
  "reward/process",
  "time/backward_ms",
  "time/forward_ms",
  "time/optimizer_ms",
  "time/rollout_ms",
  "time/scoring_ms",
  "time/sql_ms",
];

const ALL = ["0", "1", "2", "3", "4"];

interface Run {
  readonly engine: ScriptedEngine;
  readonly reports: readonly StepReport[];
  readonly saved: readonly Progress[];
}

type Changes = Parameters<typeof trainOptions>[0] & Partial<TrainSetup> & {
  readonly mixed?: readonly string[];
  readonly algorithmName?: string;
};

/** Trains on five questions without a network. */
async function run(
  { mixed = ALL, algorithmName = "grpo", signal, ...options }: Changes,
  start?: Progress,
): Promise<Run> {
  const engine = new ScriptedEngine(alternating(mixed));
  const saved: Progress[] = [];
  const setup: TrainSetup = {
    ...collectSetup(algorithmName, 5, options),
    engine,
    signal,
    maxTurnTokens: 8,
    saveCheckpoint: (progress) => Promise.resolve(void saved.push(progress)),
  };
  return { engine, saved, reports: await Array.fromAsync(train(setup, start)) };
}

const exampleIds = ({ episodes }: StepReport) => episodes.map(({ episode }) => episode.exampleId);

Deno.test("train() applies the learning rate of each step, and reports it", async () => {
  const options = { trainSteps: 5, learningRate: 0.5, warmupSteps: 2, schedule: "cosine" } as const;
  const { engine, reports } = await run(options);
  const rates = engine.updates.map(({ learningRate }) => learningRate);
  assert.deepEqual(rates.slice(0, 3), [0.25, 0.5, 0.5]);
  assert(Math.abs(rates[3] - 0.25) < 1e-12 && rates[4] === 0);
  assert.deepEqual(reports.map(({ metrics }) => metrics["loss/learning_rate"]), rates);
});

Deno.test("train() gives the engine the advantages of the groups, by token", async () => {
  const { engine } = await run({ trainSteps: 1 });
  const { batch } = engine.updates[0];
  assert.equal(batch.offsets.length - 1, 8);
  // Outcomes 1, 0, 1, 0: (1 - 0.5) over the sample's deviation sqrt(1 / 3), and its opposite.
  const advantage = 0.5 / Math.sqrt(1 / 3);
  for (let n = 0; n < 8; n++) {
    const expected = n % 2 === 0 ? advantage : -advantage;
    assert(Math.abs(batch.advantages[batch.offsets[n] + 1] - expected) < 1e-5);
  }
});

Deno.test("train() goes on without an update when no group is kept", async () => {
  const options = { trainSteps: 2, maxSampleBatches: 2, checkpointEvery: 1 };
  const { engine, reports, saved } = await run({ ...options, algorithmName: "dapo", mixed: [] });
  assert.deepEqual(engine.updates, []);
  for (const { metrics, episodes } of reports) {
    assert.deepEqual(
      [metrics["batch/kept_groups"], metrics["batch/sampled_groups"], episodes.length],
      [0, 4, 16],
    );
    assert(!("loss/loss" in metrics));
    assert.equal(metrics["time/backward_ms"], 0);
  }
  assert.deepEqual(saved.map(({ trainStep }) => trainStep), [1, 2]);
});

for (
  const [checkpointEvery, expected] of [[2, [2, 4, 5]], [0, [5]], [5, [5]], [9, [5]]] as const
) {
  Deno.test(`train() saves checkpoints every ${checkpointEvery} steps and after the last`, async () => {
    const { saved } = await run({ trainSteps: 5, checkpointEvery });
    assert.deepEqual(saved.map(({ trainStep }) => trainStep), expected);
    assert.deepEqual(saved.map(({ cursorPosition }) => cursorPosition), expected.map((n) => 2 * n));
    assert.deepEqual(
      saved.map(({ engineState }) => engineState.optimizerSteps),
      expected,
    );
  });
}

Deno.test("train() begins no step once the token budget is sampled, and saves the last", async () => {
  const whole = await run({ trainSteps: 5 });
  const perStep = whole.reports.map(({ metrics }) => metrics["env/sampled_tokens"]);
  assert(perStep.every((tokens) => tokens > 0));
  const firstTwo = perStep[0] + perStep[1];
  for (const [tokenBudget, steps] of [[firstTwo, 2], [firstTwo + 1, 3], [1, 1], [1e9, 5]]) {
    const { saved } = await run({ trainSteps: 5, checkpointEvery: 0, tokenBudget });
    assert.deepEqual(saved.map(({ trainStep }) => trainStep), [steps]);
    assert.equal(saved[0].sampledTokens, perStep.slice(0, steps).reduce((a, b) => a + b));
  }
});

Deno.test("train() yields a step before it saves its checkpoint", async () => {
  const events: string[] = [];
  const setup: TrainSetup = {
    ...collectSetup("grpo", 5, { trainSteps: 2, checkpointEvery: 1 }),
    engine: new ScriptedEngine(alternating(ALL)),
    maxTurnTokens: 8,
    saveCheckpoint: ({ trainStep }) => Promise.resolve(void events.push(`saved ${trainStep}`)),
  };
  for await (const { trainStep } of train(setup)) events.push(`step ${trainStep}`);
  assert.deepEqual(events, ["step 0", "saved 1", "step 1", "saved 2"]);
});

Deno.test("train() stops after the step under way when aborted, with a checkpoint", async () => {
  const stop = new AbortController();
  const saved: number[] = [];
  const setup: TrainSetup = {
    ...collectSetup("grpo", 5, { trainSteps: 5, checkpointEvery: 0 }),
    engine: new ScriptedEngine(alternating(ALL)),
    maxTurnTokens: 8,
    signal: stop.signal,
    saveCheckpoint: ({ trainStep }) => Promise.resolve(void saved.push(trainStep)),
  };
  const steps: number[] = [];
  for await (const { trainStep } of train(setup)) {
    steps.push(trainStep);
    if (trainStep === 1) stop.abort();
  }
  assert.deepEqual(steps, [0, 1]);
  assert.deepEqual(saved, [2]);
});

Deno.test("train() from a checkpoint goes on with the examples that come next", async () => {
  const whole = await run({ trainSteps: 4, checkpointEvery: 2 });
  const rest = await run({ trainSteps: 4, checkpointEvery: 2 }, whole.saved[0]);
  assert.deepEqual(rest.reports.map(({ trainStep }) => trainStep), [2, 3]);
  assert.deepEqual(rest.reports.map(exampleIds), whole.reports.slice(2).map(exampleIds));
  assert.equal(rest.saved[0].engineState.optimizerSteps, 4);
  const finished = await run({ trainSteps: 4 }, whole.saved[1]);
  assert.deepEqual(finished.reports, []);
});

Deno.test("train() refuses a policy that gives text only", async () => {
  class TextEngine extends ScriptedEngine {
    override policy() {
      return new ScriptedPolicy(alternating(ALL), "text");
    }
  }
  const setup: TrainSetup = {
    ...collectSetup("grpo", 5),
    engine: new TextEngine(alternating(ALL)),
    maxTurnTokens: 8,
    saveCheckpoint: () => Promise.resolve(),
  };
  await assert.rejects(
    train(setup).next(),
    /^TypeError: Cannot train on an episode of policy "text" as its tokens must be known/,
  );
});

/** Trains the tiny model on the tiny data, with real SQL. */
async function trainTiny(algorithm: Algorithm, use: (engine: Engine, run: Tiny) => Promise<void>) {
  await using workplace = await Workplace.open();
  const data = workplace.file("data");
  await using pool = new SqlPool({ roots: [data], workers: 1 });
  const { examples } = await loadDataset(data, { split: "train", pool });
  await using engine = await makeEngine(tinyModel(), { ...defaults(ENGINE_OPTIONS), threads: 1 });
  const reports = train({
    ...collectSetup("grpo", 1, { trainSteps: 2, learningRate: 0.01, groupSize: 6 }),
    ...{ algorithm, examples, engine, maxTurnTokens: 8 },
    env: { task: sqlTask(pool), template: "compact", maxTurns: 3 },
    saveCheckpoint: () => Promise.resolve(),
  });
  await use(engine, reports);
}

type Tiny = AsyncGenerator<StepReport>;

for (const name of ["finestep", "grpo", "dapo", "gspo"]) {
  Deno.test(`train() with ${name} changes a model, and reports all metrics of each step`, async () => {
    await trainTiny(makeAlgorithm(name), async (engine, reports) => {
      const before = await engine.state();
      const all = await Array.fromAsync(reports);
      assert.deepEqual(all.map(({ trainStep }) => trainStep), [0, 1]);
      for (const { metrics } of all) {
        assert.deepEqual(METRICS.filter((key) => !(key in metrics)), []);
        assert(Object.values(metrics).every(Number.isFinite));
        assert.equal(metrics["loss/is_applied"], 1);
        assert(metrics["time/rollout_ms"] > 0 && metrics["time/optimizer_ms"] > 0);
      }
      // A step whose groups are all right or all wrong has no gradient.
      assert(all.some(({ metrics }) => metrics["loss/gradient_norm"] > 1e-3));
      const after = await engine.state();
      assert.equal(after.optimizerSteps, 2);
      assert.notDeepEqual(after.tensors, before.tensors);
    });
  });
}

Deno.test("train() leaves the weights as they were when a loss is not finite, and goes on", async () => {
  const grpo = makeAlgorithm("grpo");
  const broken: Algorithm = {
    ...grpo,
    surrogate: (...args) => ({ ...grpo.surrogate(...args), loss: NaN }),
  };
  await trainTiny(broken, async (engine, reports) => {
    const before = await engine.state();
    const metrics = (await Array.fromAsync(reports)).map(({ metrics }) => metrics);
    assert.deepEqual(metrics.map((m) => m["loss/is_applied"]), [0, 0]);
    assert(metrics.every((m) => Number.isNaN(m["loss/loss"])));
    assert.deepEqual(await engine.state(), before);
  });
});
