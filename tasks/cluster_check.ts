/**
 * Training on a real Tinker server beside training in this process: SkyRL's server on the CPU, the
 * fixture policy, minibird.
 *
 * - `sides`: the server's engine acts; both engines learn from what it sampled. Loss, logprobs and what
 *   each update changed are compared at each step.
 * - `alone`: the embedded engine acts and learns by itself from the same adapters on the same
 *   questions. The reward curves are compared with what chance makes of two such runs.
 * - `untrained`: the same comparison of many more episodes, before anything is learned.
 * - `algorithms`: some steps of `sides` for the other algorithms.
 * - `resume`: `finestep train` with the same options, killed, its server killed and started again, and
 *   resumed; its curve beside that of `sides`.
 * - `probe`: what `finestep engine probe` says of the server.
 *
 * Run with `deno task cluster_check --python PYTHON`, a Python with skyrl[tinker,jax] 0.4.0 and
 * aiohttp; `--stages sides,alone` runs some of them and keeps the others' results. Writes
 * `results/cluster_run.json`, `.txt` and `.svg`, and `results/cluster_probe.txt`.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { sourceCommit } from "../src/cli/program.ts";
import type { Engine, Learned } from "../src/engines/engine.ts";
import { curvesSvg } from "./cluster/chart.ts";
import { killedAndResumed } from "./cluster/killed_run.ts";
import { clusterPanels, type ClusterResults, clusterText, type Sides } from "./cluster/report.ts";
import { SideBySide } from "./cluster/side_by_side.ts";
import { SkyrlServer } from "./cluster/skyrl_server.ts";
import {
  embeddedEngine,
  serverEngine,
  trial,
  type TrialOptions,
  type TrialStep,
} from "./cluster/trial.ts";

const { values: flags } = parseArgs({
  options: {
    python: { type: "string" },
    stages: { type: "string", default: "sides,alone,untrained,algorithms,resume,probe" },
    steps: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    output: { type: "string", default: "results" },
    /** Conversations in one batch of the server's sampling. */
    rows: { type: "string", default: "8" },
    /** Where the server's compiled programs are kept for the next time. */
    compiled: { type: "string" },
  },
});

const OPTIONS: TrialOptions = {
  model: "fixtures/policy",
  data: "fixtures/minibird",
  algorithm: "finestep",
  trainSteps: Number(flags.steps),
  groupsPerStep: 4,
  groupSize: 8,
  learningRate: 1e-3,
  seed: Number(flags.seed),
  maxTurnTokens: 96,
  rank: 8,
  checkpointEvery: 4,
};

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const OTHERS = ["grpo", "dapo", "gspo"];
const OTHERS_STEPS = 3;

if (!flags.python) {
  console.log("skipped: no --python that has skyrl[tinker,jax]");
  Deno.exit(0);
}

/** What makes a result again; the Python's place and the cache change nothing. */
const COMMAND = "deno task cluster_check --python PYTHON " +
  `--rows ${flags.rows} --steps ${flags.steps} --seed ${flags.seed}`;
const COMMIT = `commit ${await sourceCommit()}`;
const RESULTS = join(flags.output, "cluster_run");
const stages = flags.stages.split(",");
const results: ClusterResults = await earlier();
const folder = await Deno.makeTempDir({ prefix: "finestep-cluster-" });
try {
  await using server = await SkyrlServer.start({
    ...{ python: flags.python, model: OPTIONS.model, rank: OPTIONS.rank },
    folder: join(folder, "server"),
    batch: { sampled: Number(flags.rows), trained: 8 },
    compiled: flags.compiled,
  });
  const { url } = server;
  if (stages.includes("sides")) await keep({ sides: await sideBySide(url, OPTIONS) });
  if (stages.includes("alone")) await keep({ alone: await alone(url) });
  if (stages.includes("untrained")) await keep({ untrained: await untrained(url) });
  if (stages.includes("algorithms")) {
    const algorithms: Record<string, Sides> = {};
    for (const algorithm of OTHERS) {
      const options = { ...OPTIONS, algorithm, trainSteps: OTHERS_STEPS };
      algorithms[algorithm] = await sideBySide(url, options);
    }
    await keep({ algorithms });
  }
  if (stages.includes("probe")) await probe(url);
  if (stages.includes("resume")) {
    await keep({ resumed: await killedAndResumed(server, OPTIONS, join(folder, "run")) });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Both engines on what the server's sampled. */
async function sideBySide(url: string, options: TrialOptions): Promise<Sides> {
  await using engine = await SideBySide.create(
    await serverEngine(url, options),
    (adapters) => embeddedEngine(options, adapters),
  );
  const steps = await trial(engine, options, (_, n) => tell(options.algorithm, n, options));
  return { options, steps, comparisons: engine.comparisons };
}

/** The embedded engine by itself, from the adapters that the server's begins with. */
async function alone(url: string): Promise<TrialStep[]> {
  const adapters = await adaptersAtStart(url);
  await using engine = await embeddedEngine(OPTIONS, adapters);
  return await trial(engine, OPTIONS, (_, n) => tell("alone", n, OPTIONS));
}

/** Many episodes of each engine, without learning. */
async function untrained(url: string): Promise<ClusterResults["untrained"]> {
  const options = { ...OPTIONS, learningRate: 0, trainSteps: 4, groupsPerStep: 32 };
  await using server = await serverEngine(url, options);
  await using embedded = await embeddedEngine(options, await server.learned());
  const steps = (engine: Engine) => trial(engine, options, (_, n) => tell("untrained", n, options));
  return { server: await steps(server), embedded: await steps(embedded) };
}

async function adaptersAtStart(url: string): Promise<Learned> {
  await using engine = await serverEngine(url, OPTIONS);
  return await engine.learned();
}

/** The table of the command that examines a server. */
async function probe(url: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "engine", "probe", url, "--rank", String(OPTIONS.rank)],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`Cannot probe the server:\n${text(stderr)}`);
  const recorded = `$ ${COMMAND}\n${COMMIT}\n\n${text(stdout)}`;
  await Deno.writeTextFile(join(flags.output, "cluster_probe.txt"), recorded);
}

function tell(what: string, step: number, { trainSteps }: TrialOptions): void {
  console.error(`${what}: step ${step} of ${trainSteps}`);
}

async function earlier(): Promise<ClusterResults> {
  try {
    return JSON.parse(await Deno.readTextFile(`${RESULTS}.json`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Writes what a stage found, and how, beside what others did. */
async function keep(found: Partial<ClusterResults>): Promise<void> {
  const made = Object.fromEntries(
    Object.keys(found).map((stage) => [stage, `${COMMAND}, ${COMMIT}`]),
  );
  Object.assign(results, found, { made: { ...results.made, ...made } });
  await Deno.writeTextFile(`${RESULTS}.json`, JSON.stringify(results) + "\n");
  await Deno.writeTextFile(`${RESULTS}.txt`, clusterText(results));
  await Deno.writeTextFile(`${RESULTS}.svg`, await curvesSvg(clusterPanels(results)));
}
