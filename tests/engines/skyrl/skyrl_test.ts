/**
 * A real server: SkyRL's on the CPU, with a tiny random Qwen3 of our own export. Runs where
 * `FINESTEP_SKYRL_PYTHON` is the path of a Python that has skyrl[tinker,jax] 0.4.0 and aiohttp.
 */

import assert from "finestep/assert";
import { saveModel } from "../../../src/models/model_folder.ts";
import { killedAndResumed } from "../../../tasks/cluster/killed_run.ts";
import { SideBySide } from "../../../tasks/cluster/side_by_side.ts";
import { SkyrlServer } from "../../../tasks/cluster/skyrl_server.ts";
import {
  embeddedEngine,
  serverEngine,
  trial,
  type TrialOptions,
} from "../../../tasks/cluster/trial.ts";
import { finestep, Workplace } from "../../tiny/workplace.ts";
import { tinyQwen3 } from "./tiny_qwen3.ts";

const PYTHON = Deno.env.get("FINESTEP_SKYRL_PYTHON") ?? "";
if (PYTHON === "") console.log("skipped: SkyRL's server, as FINESTEP_SKYRL_PYTHON is not set");

Deno.test({ name: "a run on SkyRL's server", ignore: PYTHON === "" }, async (t) => {
  await using workplace = await Workplace.open();
  await saveModel(workplace.file("model"), tinyQwen3());
  const options: TrialOptions = {
    ...{ model: workplace.file("model"), data: workplace.file("data"), algorithm: "finestep" },
    ...{ trainSteps: 4, groupsPerStep: 2, groupSize: 4, learningRate: 0.01, seed: 1 },
    ...{ maxTurnTokens: 32, rank: 4, checkpointEvery: 2 },
  };
  await using server = await SkyrlServer.start({
    ...{ python: PYTHON, model: options.model, folder: workplace.file("server") },
    compiled: Deno.env.get("FINESTEP_SKYRL_COMPILED"),
  });
  const sideBySide = async (changes: Partial<TrialOptions>) => {
    const changed = { ...options, ...changes };
    await using engine = await SideBySide.create(
      await serverEngine(server.url, changed),
      (adapters) => embeddedEngine(changed, adapters),
    );
    return { steps: await trial(engine, changed), comparisons: engine.comparisons };
  };

  await t.step("is examined, and found fit", async () => {
    const { code, stdout, stderr } = await finestep("engine", "probe", server.url, "--rank", "4");
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /sequence-mean/);
  });

  await t.step("changes adapters as the embedded engine does, by every algorithm", async () => {
    for (const algorithm of ["finestep", "grpo", "dapo", "gspo"]) {
      const { comparisons } = await sideBySide({ algorithm, trainSteps: 2 });
      assert.equal(comparisons.length, 2);
      assertAgreed(comparisons);
    }
  });

  await t.step("goes on after client and server were killed", async () => {
    const whole = await sideBySide({});
    const resumed = await killedAndResumed(server, options, workplace.file("killed"));
    assert.equal(resumed.resumedAfter, 2);
    assert.equal(resumed.loss.length, 4);
    resumed.loss.forEach((loss, step) =>
      assert(Math.abs(loss - whole.steps[step].loss) < 1e-4, `step ${step + 1}: ${loss}`)
    );
  });
});

/**
 * In float32 on both sides. Of the changes only the first is the same: SkyRL's Qwen3 has one matrix A
 * for queries, keys and values, and one for the gate and what it lets through, here each has its own.
 * The first update changes B alone, as the gradient of A is 0 where B is.
 */
function assertAgreed(comparisons: SideBySide["comparisons"]): void {
  assert(comparisons[0].gradientNorm.server > 1e-3);
  assert(comparisons[0].change.cosine > 0.9999, String(comparisons[0].change.cosine));
  for (const { loss, logprobs } of comparisons) {
    assert(Math.abs(loss.server - loss.embedded) < 1e-5, `${loss.server} ${loss.embedded}`);
    assert(logprobs.between < 1e-4, String(logprobs.between));
  }
}
