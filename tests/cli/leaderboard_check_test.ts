import assert from "finestep/assert";
import { join } from "node:path";
import { candidateOf, type GateSetup } from "../../src/cli/gate_candidate.ts";
import { PARTS } from "../../src/cli/gate_parts.ts";
import { FIXTURE_POLICY } from "../../src/cli/setup.ts";
import { Rng } from "../../src/config/rng.ts";
import { parseBaseline } from "../../src/gate/baseline.ts";
import { type GateReport, judge } from "../../src/gate/judge.ts";
import { loadModel, saveModel } from "../../src/models/model_folder.ts";
import { OPTIONS } from "../gate/attempts.ts";
import { finestep, ROOT, Workplace } from "../tiny/workplace.ts";

function setupOf(workplace: Workplace): GateSetup {
  return {
    ...{ data: workplace.file("data"), split: "dev", model: workplace.file("model") },
    ...{ quarantine: "", limit: 0, samples: 2, seed: 1, threads: 1, workers: 1 },
  };
}

function failedGates({ gates }: GateReport): string[] {
  return gates.filter(({ isPassed }) => !isPassed).map(({ name }) => name);
}

Deno.test("the gate passes a tree twice, and finds each part that is broken", async () => {
  await using workplace = await Workplace.open();
  const setup = setupOf(workplace);
  const found = await candidateOf(setup);
  const baseline = { ...found, command: "", commit: null };
  const judged = async (parts: Partial<typeof PARTS>) =>
    judge(baseline, await candidateOf(setup, { ...PARTS, ...parts }), OPTIONS);

  const same = await judged({});
  assert.deepEqual([same.verdict, failedGates(same)], ["PASS", []]);

  const sampler = await judged({
    contestant: (model, arena) =>
      PARTS.contestant({ ...model, temperature: 2 * model.temperature }, arena),
  });
  assert.deepEqual([sampler.verdict, failedGates(sampler)], ["REGRESSION", ["results"]]);

  const parser = await judged({
    replay: async (turns, example, options) => {
      const episode = await PARTS.replay(turns, example, options);
      const steps = episode.steps.map((step) => ({
        ...step,
        action: step.action.kind === "toolCall"
          ? { kind: "violation", violation: "bad_json", detail: "" } as const
          : step.action,
      }));
      return { ...episode, steps };
    },
  });
  assert.deepEqual([parser.verdict, failedGates(parser)], ["REGRESSION", ["frozen trajectories"]]);

  const reward = await judged({
    scored: (episode, options) => PARTS.scored(episode, { ...options, softWeight: 0 }),
  });
  assert.deepEqual([reward.verdict, failedGates(reward)], ["REGRESSION", ["frozen trajectories"]]);
});

/** The parts of the tree that the command needs, to be broken. */
async function copiedTree(): Promise<string> {
  const tree = await Deno.makeTempDir({ prefix: "finestep" });
  const { success } = await new Deno.Command("cp", {
    args: ["-r", "src", "main.ts", "deno.json", "deno.lock", "fixtures", tree],
    cwd: ROOT,
  }).output();
  assert.ok(success);
  return tree;
}

/** Runs the gate of a tree on a few questions. */
async function gateOf(tree: string, ...flags: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-all", "main.ts", "leaderboard", "check"],
      ...["--limit", "6", "--samples", "1", ...flags],
    ],
    cwd: tree,
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A line of the source that is broken, and what the gate must say of it. */
const BREAKS = [
  {
    what: "the sampler",
    file: "src/models/sampling.ts",
    from: "const sharpness = temperature === 0 ? 1 : 1 / temperature;",
    to: "const sharpness = temperature === 0 ? 1 : 0.5 / temperature;",
    says: /results: sampled: question \d+: /,
  },
  {
    what: "the parser",
    file: "src/env/parse.ts",
    from: `if (value.trim() === "") return`,
    to: `if (value.trim() !== "") return`,
    says:
      /frozen trajectories: parsed: hash \w+, then \w+; first at \d+\/\d\.\d: "execute_sql .*", then "violation bad_arguments"/,
  },
  {
    what: "the reward",
    file: "src/rewards/hard_constraint.ts",
    from: `return result?.kind === "rows" ? "none" : "sql";`,
    to: `return result?.kind === "rows" ? "sql" : "none";`,
    says: /frozen trajectories: rewards default: hash .*; first at \d+\/\d\.hard\.\d: 1, then 0/,
  },
];

Deno.test("finestep leaderboard check sees one broken line of source, and is open with few questions", async () => {
  const tree = await copiedTree();
  try {
    const recorded = await gateOf(tree, "--record");
    assert.equal(recorded.code, 0, recorded.stderr);
    parseBaseline(await Deno.readTextFile(join(tree, "results/gate.json")), "gate.json");
    const unchanged = await gateOf(tree, "--summary", "summary.md");
    assert.equal(unchanged.code, 0, unchanged.stdout + unchanged.stderr);
    assert.match(unchanged.stdout, /^PASS: this tree against results\/gate\.json/);
    assert.match(await Deno.readTextFile(join(tree, "summary.md")), /^### PASS: /);

    for (const { what, file, from, to, says } of BREAKS) {
      const path = join(tree, file);
      const source = await Deno.readTextFile(path);
      assert.equal(source.split(from).length, 2, `${file} must have once: ${from}`);
      await Deno.writeTextFile(path, source.replace(from, to));
      const { code, stdout, stderr } = await gateOf(tree);
      assert.equal(code, 1, `${what}: ${stdout}${stderr}`);
      assert.match(stdout, /^REGRESSION: /, what);
      assert.match(stdout, says, what);
      await Deno.writeTextFile(path, source);
    }

    const model = await loadModel(join(ROOT, FIXTURE_POLICY));
    const rng = new Rng(1, "noise");
    for (const { data } of model.weights.values()) {
      data.forEach((value, i) => data[i] = value * (1 + 0.02 * rng.normal()));
    }
    await saveModel(join(tree, "other"), model);
    const open = await gateOf(tree, "--model", "other", "--json");
    assert.equal(open.code, 2, open.stdout + open.stderr);
    const { verdict, metrics }: GateReport = JSON.parse(open.stdout);
    assert.equal(verdict, "INCONCLUSIVE");
    assert.ok(metrics.some(({ needed }) => needed !== null && needed.questions > 10));
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
});

Deno.test("finestep leaderboard check names a baseline that is not there", async () => {
  const failing = async (baseline: string) => {
    const { code, stderr } = await finestep("leaderboard", "check", "--baseline", baseline);
    return [code, stderr];
  };
  assert.deepEqual(await failing("no-such-branch"), [
    1,
    'Cannot compare with baseline "no-such-branch" as it must be a file or a commit of this clone: it is ' +
    "neither; pass --baseline results/gate.json, or a commit such as origin/main after " +
    '"git fetch origin main"\n',
  ]);
  const [code, stderr] = await failing("main.ts");
  assert.equal(code, 1);
  assert.match(String(stderr), /^Cannot read baseline main\.ts as it must be JSON/);
});
