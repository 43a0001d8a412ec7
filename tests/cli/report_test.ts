import assert from "finestep/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { openStore, type RunStatus } from "../../src/store/run_store.ts";
import { textOf } from "../pages/html.ts";
import { attempted } from "../pages/reports.ts";
import { agenticRun } from "../reports/exported_runs.ts";
import { anEpisode, RUN as TRAINING } from "../store/episodes.ts";
import { finestep } from "../tiny/workplace.ts";

const COMMIT = "0123456789ab";

/** A folder with a store, and the command run on it. */
class Shelf implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async open(): Promise<Shelf> {
    return new Shelf(await Deno.makeTempDir({ prefix: "finestep" }));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  get store() {
    return openStore(this.file("runs.sqlite"));
  }

  /** Stores an evaluation of the policy that a training wrote, or of another one. */
  evaluation(
    policy: string,
    right: number,
    { commit = COMMIT, status = "finished" }: {
      readonly commit?: string;
      readonly status?: Exclude<RunStatus, "running">;
    } = {},
  ): number {
    const { run } = agenticRun();
    const { verdicts, measures } = attempted("", 1, { right });
    const identity = { ...run.identity!, policy: { ...run.identity!.policy, name: policy } };
    using store = this.store;
    const options = { run: { data: this.path } };
    const id = store.startRun({ ...run, commit, options, identity });
    store.addVerdicts(id, "eval", judged(verdicts));
    store.addMetrics(id, [...measures.values()]);
    store.finishRun(id, status);
    return id;
  }

  /** Stores a training with its own evaluations, of which the later is better. */
  training(algorithm: string, seed = 1): number {
    using store = this.store;
    const options = { argv: ["--runs", this.path], training: { groupSize: 1, groupsPerStep: 1 } };
    const id = store.startRun({ ...TRAINING, commit: COMMIT, algorithm, seed, options });
    const metrics = {
      "env/ex": 1,
      "env/redundant_tool_calls": 0,
      "env/tool_calls": 1,
      "env/sampled_tokens": 10,
    };
    store.addTrainStep(id, { trainStep: 0, metrics }, [{
      ...{ phase: "train", trainStep: 0, outcome: 1, isCorrect: true, redundantCalls: 0 },
      episode: anEpisode("0"),
    }]);
    for (const [phase, right] of [["before", 3], ["after", 9]] as const) {
      const { verdicts, measures } = attempted("", 1, { right });
      store.addVerdicts(id, phase, judged(verdicts));
      store.addMetrics(id, [...measures.values()].map((metric) => ({ ...metric, phase })));
    }
    store.finishRun(id, "finished");
    return id;
  }

  report(...args: (string | number)[]) {
    return finestep(
      "report",
      ...args.map(String),
      ...["--store", this.file("runs.sqlite"), "--out", this.file("report.html")],
      ...["--leaderboard", this.file("leaderboard.json")],
    );
  }

  /** What the written page says. */
  get text(): string {
    return textOf(Deno.readTextFileSync(this.file("report.html")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function judged(verdicts: readonly Verdict[]) {
  return verdicts.map((verdict, position) => ({ verdict, position, episode: null }));
}

Deno.test("finestep report names evaluated policies by their trainings and compares them", async () => {
  await using shelf = await Shelf.open();
  const [own, other] = ["finestep.default", "grpo"].map((name) => shelf.training(name));
  shelf.evaluation(shelf.file(`${own}/policy`), 9);
  shelf.evaluation(shelf.file(`${other}/policy`), 3);
  const { code, stdout, stderr } = await shelf.report();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Wrote .*report\.html on 4 runs/);
  assert.match(
    shelf.text,
    /finestep answers 75\.0 % .* Compared with grpo, EX is 50\.0 points higher/,
  );
});

Deno.test("finestep report of one training compares it with its start and shows its trajectories", async () => {
  await using shelf = await Shelf.open();
  const id = shelf.training("grpo");
  const { code, stderr } = await shelf.report(id);
  assert.equal(code, 0, stderr);
  assert.match(
    shelf.text,
    /grpo answers 75\.0 % .* Compared with untrained, EX is 50\.0 points higher/,
  );
  assert.match(shelf.text, /1 of 1 questions/);
});

Deno.test("finestep report of several trainings counts their common start once", async () => {
  await using shelf = await Shelf.open();
  for (const seed of [1, 2]) shelf.training("grpo", seed);
  const { code, stderr } = await shelf.report();
  assert.equal(code, 0, stderr);
  assert.match(shelf.text, /grpo 75\.0 ± 0\.0 .* 2 untrained 25\.0 \(.* 1 /);
});

Deno.test("finestep report says that runs without episodes have no trajectories", async () => {
  await using shelf = await Shelf.open();
  shelf.evaluation("some/policy", 6);
  await shelf.report();
  assert.match(shelf.text, /No trajectories are stored for these runs/);
});

Deno.test("finestep report goes on without the texts of a data set that is not there, and says so", async () => {
  await using shelf = await Shelf.open();
  shelf.evaluation("some/policy", 6);
  const { code, stderr } = await shelf.report();
  assert.equal(code, 0);
  assert.match(stderr, /^warning: the texts of questions are left out: Cannot load/);
});

Deno.test("finestep report takes the finished runs of the newest one's commit, or the last ones", async () => {
  await using shelf = await Shelf.open();
  shelf.evaluation("old/policy", 1, { commit: "abcdefabcdef" });
  shelf.evaluation("one/policy", 2);
  shelf.evaluation("half/policy", 3, { status: "interrupted" });
  shelf.evaluation("two/policy", 4);
  const runsOf = async (...args: (string | number)[]) => {
    const { stdout } = await shelf.report("--json", "--force", ...args);
    return JSON.parse(stdout).runs;
  };
  assert.deepEqual(await runsOf(), [2, 4]);
  assert.deepEqual(await runsOf("--last", 1), [4]);
  assert.deepEqual(await runsOf(4, 1), [1, 4]);
});

Deno.test("finestep report refuses what it cannot do with one message", async () => {
  await using shelf = await Shelf.open();
  const refusal = async (...args: (string | number)[]) => {
    const { code, stderr } = await shelf.report(...args);
    assert.notEqual(code, 0);
    return stderr.trimEnd();
  };
  assert.match(await refusal(), /^Cannot make a report as there is no store: .*runs\.sqlite$/);
  shelf.evaluation("half/policy", 3, { status: "interrupted" });
  assert.equal(
    await refusal(),
    "Cannot make a report as a run must have finished: none in the store has",
  );
  assert.equal(await refusal(1), "Cannot report run 1 as it must have finished: it is interrupted");
  assert.match(await refusal(9), /^Cannot read run 9 as it is not in the store/);
  assert.match(await refusal("x"), /^Cannot report a run as its id must be a number/);
  assert(!existsSync(shelf.file("report.html")));
});

Deno.test("finestep report does not write over a file unless it is told to", async () => {
  await using shelf = await Shelf.open();
  shelf.evaluation("some/policy", 6);
  await Deno.writeTextFile(shelf.file("report.html"), "mine");
  const { code, stderr } = await shelf.report();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot write .*report\.html as it is there already: "--force" writes over it/,
  );
  assert.equal(await Deno.readTextFile(shelf.file("report.html")), "mine");
});
