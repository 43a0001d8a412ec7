import assert from "finestep/assert";
import { join } from "node:path";
import { openStore } from "../../src/store/run_store.ts";
import { FIXTURE_DATA, FIXTURE_POLICY } from "../../src/cli/setup.ts";
import { hasFolder } from "../tiny/folders.ts";
import { finestep, ROOT, sha256 } from "../tiny/workplace.ts";

const HAS_FIXTURES = [FIXTURE_DATA, FIXTURE_POLICY].every((path) =>
  hasFolder(join(ROOT, path), "The end-to-end run on the fixtures")
);

const LIMIT_MS = 40_000;

Deno.test({
  name: "finestep train on a fresh clone ends in time, and gives the same again with the same seed",
  ignore: !HAS_FIXTURES,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "finestep" });
    try {
      const first = await trained(join(folder, "first"));
      assert(first.elapsedMs < LIMIT_MS, `${first.elapsedMs} ms`);
      assert.deepEqual(first.questions, [16, 16]);
      // A policy that is always wrong, or always right, could not be seen to learn.
      assert(first.before.ex > 0 && first.before.ex < 1 && first.before.tool_calls > 0);
      assert.equal(first.before.format_violations < 0.5, true);

      const { elapsedMs: _, ...again } = await trained(join(folder, "again"));
      const { elapsedMs: __, ...expected } = first;
      assert.deepEqual(again, expected);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Two train steps with an evaluation of 16 questions around them. */
async function trained(folder: string) {
  const store = join(folder, "runs.sqlite");
  const startMs = performance.now();
  const { code, stdout, stderr } = await finestep(
    ...["train", "--train-steps", "2", "--groups-per-step", "2", "--group-size", "4"],
    ...["--eval-limit", "16", "--json", "--store", store, "--runs", join(folder, "runs")],
  );
  assert.equal(code, 0, stderr);
  const { run, before, after, policy } = JSON.parse(stdout);
  return {
    elapsedMs: performance.now() - startMs,
    questions: [before.n, after.n],
    before: values(before),
    after: values(after),
    metrics: trainMetrics(store, run.id),
    weights: await sha256(join(policy, "model.safetensors")),
  };
}

/** Each measure's value. */
function values({ measures }: { measures: Record<string, { value: number }> }) {
  return Object.fromEntries(Object.entries(measures).map(([name, { value }]) => [name, value]));
}

/** Metrics of the train steps, but for times. */
function trainMetrics(path: string, run: number) {
  using store = openStore(path);
  return store.trainSteps(run).map(({ metrics }) =>
    Object.entries(metrics).filter(([name]) => !name.startsWith("time/"))
  );
}
