import assert from "finestep/assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { EMPTY_BOARD, leaderboardText, parseLeaderboard } from "../../src/leaderboard/board.ts";
import { LEADERBOARD, type Leaderboard } from "../../src/leaderboard/schema.ts";
import { rowOfRuns } from "../../src/cli/leaderboard_add.ts";
import { rewardOptions } from "../../src/rewards/options.ts";
import { openStore, type Run, type RunStart } from "../../src/store/run_store.ts";
import { anIdentity, aRow } from "../leaderboard/rows.ts";
import { EXPORTED, RUN, VERDICTS } from "../reports/exported_runs.ts";
import { AGGREGATE } from "../reports/export/every_eval_ever_schema.ts";
import { finestep } from "../tiny/workplace.ts";

/** A Python that has huggingface_hub, to read what is written for it. */
const PYTHON = Deno.env.get("HF_PYTHON") ?? "";
if (PYTHON === "") console.info("skipped: no Python with huggingface_hub (HF_PYTHON is empty)");

/** A folder with a store of trainings and evaluations, and a board. */
class Desk implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async open(): Promise<Desk> {
    return new Desk(await Deno.makeTempDir({ prefix: "finestep" }));
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  get boardPath(): string {
    return this.file("results", "leaderboard.json");
  }

  board(): Leaderboard {
    return parseLeaderboard(readFileSync(this.boardPath, "utf8"), this.boardPath);
  }

  async write(board: Leaderboard): Promise<void> {
    await Deno.mkdir(this.file("results"), { recursive: true });
    await Deno.writeTextFile(this.boardPath, leaderboardText(board));
  }

  /** Stores a finished training; gives its policy's folder. */
  train(
    algorithm: string,
    seed: number,
    changes: Readonly<Record<string, unknown>> = {},
    commit: string | null = RUN.commit,
  ): string {
    const id = this.#stored({
      ...RUN,
      kind: "train",
      algorithm: algorithm === "finestep" ? "finestep.default" : algorithm,
      identity: null,
      seed,
      commit,
      command: `finestep train --algorithm ${algorithm} --seed ${seed}`,
      options: {
        argv: ["--runs", this.file("runs"), "--model", "start", "--seed", `${seed}`],
        training: { trainSteps: 36, seed, checkpointEvery: 4 },
        rewards: rewardOptions(algorithm),
        credit: { ...makeAlgorithm(algorithm).options, ...changes },
      },
    });
    return this.file("runs", `${id}`, "policy");
  }

  /** Stores an evaluation of a policy, but for the changes; gives its id. */
  evaluate(
    folder: string,
    seed: number,
    { status = "finished", limit = VERDICTS.length, temperature = 0, ...changes }:
      & Partial<RunStart>
      & {
        status?: "finished" | "interrupted";
        limit?: number;
        temperature?: number;
      } = {},
  ): string {
    const identity = anIdentity({ seed, temperature });
    return this.#stored(
      {
        ...RUN,
        identity: { ...identity, policy: { ...identity.policy, name: folder } },
        command: `finestep eval --model ${folder}`,
        options: { run: { data: "fixtures/minibird" } },
        ...changes,
      },
      status,
      limit,
    );
  }

  leaderboard(...args: string[]) {
    return finestep("leaderboard", ...args, "--file", this.boardPath);
  }

  add(...args: string[]) {
    return this.leaderboard("add", ...args, "--store", this.file("runs.sqlite"));
  }

  #stored(start: RunStart, status: Run["status"] = "finished", limit = 0): string {
    using store = openStore(this.file("runs.sqlite"));
    const id = store.startRun(start);
    const judged = VERDICTS.slice(0, limit)
      .map((verdict, position) => ({ verdict, position, episode: null }));
    store.addVerdicts(id, "eval", judged);
    store.addMetrics(id, [
      ...EXPORTED.metrics,
      { phase: "eval", name: "tool_calls", value: 0, low: 0, high: 0, n: 6 },
    ]);
    store.finishRun(id, status as "finished");
    return String(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("finestep leaderboard add makes one row of a training's seeds", async () => {
  await using desk = await Desk.open();
  const runs = [2, 1].map((seed) => desk.evaluate(desk.train("finestep", seed), seed));
  const { code, stdout, stderr } = await desk.add(...runs);
  assert.equal(stderr, "");
  assert.equal(code, 0);
  const { rows: [row, ...others] } = desk.board();
  const [shownId] = /(?<=^Added row )[0-9a-f]{8}(?=: finestep on minibird dev, greedy: EX 50\.0 )/
    .exec(stdout)!;
  assert(row.id.startsWith(shownId));
  assert.match(stdout, / \(n = 6, 2 seeds\)\n$/);
  assert.deepEqual(others, []);
  assert.deepEqual([row.name, row.algorithm, row.kind], [
    "finestep",
    "finestep.default",
    "trained",
  ]);
  assert.deepEqual(
    row.runs.map(({ seed, training }) => [seed, training?.command]),
    [1, 2].map((seed) => [seed, `finestep train --algorithm finestep --seed ${seed}`]),
  );
});

Deno.test("finestep leaderboard add names a row by what was changed, or by --name", async () => {
  await using desk = await Desk.open();
  await desk.add(desk.evaluate(desk.train("finestep", 1, { gamma: 1 }), 1));
  await desk.add(desk.evaluate("start", 1, { commit: "a" }));
  await desk.add(desk.evaluate("elsewhere/my_model", 1, { commit: "b" }));
  await desk.add(desk.evaluate("elsewhere/my_model", 1, { commit: "c" }), "--name", "mine");
  assert.deepEqual(
    desk.board().rows.map(({ name }) => name),
    ["finestep, gamma 1", "untrained", "my_model", "mine"],
  );
});

Deno.test("finestep leaderboard add loses no row when several add at once", async () => {
  await using desk = await Desk.open();
  const commits = ["a", "b", "c", "d"];
  const runs = commits.map((commit) => desk.evaluate("start", 1, { commit }));
  const ends = await Promise.all(runs.map((run) => desk.add(run)));
  assert.deepEqual(ends.map(({ code, stderr }) => [code, stderr]), commits.map(() => [0, ""]));
  assert.deepEqual(desk.board().rows.map(({ commit }) => commit!).sort(), commits);
});

Deno.test("finestep leaderboard add refuses what makes no row, and leaves the board", async () => {
  await using desk = await Desk.open();
  const [first, second] = [1, 2].map((seed) => desk.evaluate(desk.train("grpo", seed), seed));
  await desk.add(first);
  const before = readFileSync(desk.boardPath, "utf8");
  const cases: [string[], RegExp][] = [
    [[first, desk.evaluate(desk.train("dapo", 2), 2)], /system\.algorithm: "grpo", then "dapo"$/m],
    [
      [second, desk.evaluate(desk.train("grpo", 1), 1, { temperature: 1 })],
      /exam\.temperature: 1, then 0$/m,
    ],
    [
      [desk.evaluate("start", 3, { status: "interrupted" })],
      /as it must have finished: it is interrupted$/m,
    ],
    [[desk.evaluate("start", 3, { limit: 2 })], /as it must have finished: 2 of 6 questions$/m],
    [
      [desk.evaluate("start", 3, { commit: "abc+" })],
      /or --allow-dirty be given: run \d+ is of abc\+$/m,
    ],
    [
      [desk.evaluate("start", 3, { commit: null })],
      /--allow-dirty be given: run \d+ is of no commit$/m,
    ],
    [
      [desk.evaluate(desk.train("grpo", 3, {}, "abc+"), 3)],
      /^Cannot add run \d+ .*--allow-dirty be given: run \d+ is of abc\+$/m,
    ],
    [
      ["1"],
      /^Cannot add run 1 to the leaderboard as it must be an evaluation: it is of finestep train$/m,
    ],
    [["99"], /^Cannot read run 99 as it is not in the store/],
  ];
  const options = { store: desk.file("runs.sqlite"), name: "", allowDirty: false };
  for (const [ids, message] of cases) {
    assert.throws(() => rowOfRuns(ids, options), { name: "RangeError", message });
  }
  const again = await desk.add(first);
  assert.match(
    again.stderr,
    /^Cannot add "grpo" .* as its results are there: row [0-9a-f]{8} \("grpo"\)/,
  );
  assert.equal(again.code, 1);
  const { code, stderr } = await desk.add("x");
  assert.match(
    stderr,
    /^Cannot add to the leaderboard as ids of runs must be given: current value is x$/m,
  );
  assert.equal(code, 2);
  assert.equal(readFileSync(desk.boardPath, "utf8"), before);
});

Deno.test("finestep leaderboard add --allow-dirty takes runs of an unknown source", async () => {
  await using desk = await Desk.open();
  const { code } = await desk.add(desk.evaluate("start", 1, { commit: "abc+" }), "--allow-dirty");
  assert.equal(code, 0);
  assert.equal(desk.board().rows[0].commit, "abc+");
});

Deno.test("finestep leaderboard leaves a broken or newer file as it was, and says so", async () => {
  await using desk = await Desk.open();
  await desk.write(EMPTY_BOARD);
  const run = desk.evaluate("start", 1);
  for (const text of ["{", '{"rows":[],"schema":"finestep.leaderboard/2"}']) {
    await Deno.writeTextFile(desk.boardPath, text);
    for (const { code, stdout, stderr } of [await desk.add(run), await desk.leaderboard()]) {
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^Cannot read the leaderboard .*leaderboard\.json as .*\n$/);
    }
    assert.equal(readFileSync(desk.boardPath, "utf8"), text);
  }
});

Deno.test("finestep leaderboard shows tables, Markdown and JSON", async () => {
  await using desk = await Desk.open();
  const missing = await desk.leaderboard();
  assert.match(missing.stderr, /^Cannot read the leaderboard as there is none: /);
  await desk.write(EMPTY_BOARD);
  assert.match((await desk.leaderboard()).stdout, /^The leaderboard has no rows yet/);
  const board = { ...EMPTY_BOARD, rows: [aRow(), aRow({ name: "finestep", ex: 0.6 })] };
  await desk.write(board);
  assert.match((await desk.leaderboard()).stdout, /^\| 1 \| finestep \|.*\n\| 2 \| grpo {5}\|/m);
  assert.match((await desk.leaderboard("--markdown")).stdout, /^### minibird dev, greedy$/m);
  assert.deepEqual(LEADERBOARD.parse(JSON.parse((await desk.leaderboard("--json")).stdout)), board);
  const unknown = await desk.leaderboard("remove");
  assert.deepEqual([unknown.code, unknown.stderr], [2, 'Unknown command "leaderboard remove"\n']);
});

Deno.test("finestep leaderboard export writes a model's folder for each row", async () => {
  await using desk = await Desk.open();
  const rows = [aRow(), aRow({ name: "FineStep, gamma 1", ex: 0.6 })];
  await desk.write({ ...EMPTY_BOARD, rows });
  const flags = ["--out", desk.file("hub"), "--dataset-id", "some-lab/minibird"];
  const { stdout } = await desk.leaderboard("export", ...flags);
  const folders = [
    `grpo-${rows[0].id.slice(0, 8)}`,
    `finestep-gamma-1-${rows[1].id.slice(0, 8)}`,
  ];
  assert.deepEqual(
    stdout.trim().split("\n"),
    folders.flatMap((folder) => [
      desk.file("hub", folder, "README.md"),
      desk.file("hub", folder, ".eval_results", "minibird-dev.yaml"),
    ]),
  );
  const again = await desk.leaderboard("export", ...flags);
  assert.match(again.stderr, /README\.md as it is there already: "--force" writes over it$/m);
  assert.equal((await desk.leaderboard("export", ...flags, "--force")).code, 0);
});

Deno.test("finestep leaderboard export --row writes that row, without what is not known", async () => {
  await using desk = await Desk.open();
  const rows = [aRow(), aRow({ name: "finestep", ex: 0.6 })];
  await desk.write({ ...EMPTY_BOARD, rows });
  const out = desk.file("hub");
  await desk.leaderboard("export", "--out", out, "--row", rows[1].id.slice(0, 10));
  assert.deepEqual([...Deno.readDirSync(out)].map(({ name }) => name), [
    `finestep-${rows[1].id.slice(0, 8)}`,
  ]);
  assert(!existsSync(join(out, `finestep-${rows[1].id.slice(0, 8)}`, ".eval_results")));
});

Deno.test("finestep leaderboard export --format every-eval-ever writes records of its schema", async () => {
  await using desk = await Desk.open();
  await desk.write({ ...EMPTY_BOARD, rows: [aRow(), aRow({ name: "finestep", ex: 0.6 })] });
  const flags = ["--format", "every-eval-ever", "--out", desk.file("eee")];
  const whose = ["--organization", "Some Lab"];
  const { stdout } = await desk.leaderboard("export", ...flags, ...whose);
  const ofRow = AGGREGATE.omit({ detailed_evaluation_results: true });
  const records = stdout.trim().split("\n")
    .map((path) => ofRow.parse(JSON.parse(readFileSync(path, "utf8"))));
  assert.deepEqual(records.map((record) => record.model_info.id), [
    "some-lab/grpo",
    "some-lab/finestep",
  ]);
  for (const record of records) published()?.parse(record);
  const nobody = await desk.leaderboard("export", ...flags);
  assert.match(nobody.stderr, /as --organization must be given$/m);
  const oneModel = await desk.leaderboard("export", ...flags, ...whose, "--model-id", "a/b");
  assert.match(oneModel.stderr, /^Cannot export 2 rows as one model/);
  assert.deepEqual([nobody.code, oneModel.code], [2, 2]);
});

/** The schema of Every Eval Ever as published, where it lies beside the project. */
function published(): z.ZodType | null {
  const folder = Deno.env.get("EEE_SCHEMA_DIR") ?? "";
  if (folder === "") return null;
  // Conditions, which zod does not read, are in AGGREGATE.
  const withoutConditions = (key: string, value: unknown) =>
    ["if", "then", "else"].includes(key) ? undefined : value;
  const content = JSON.parse(
    readFileSync(join(folder, "eval.schema.json"), "utf8"),
    withoutConditions,
  );
  return z.fromJSONSchema({
    ...content,
    $schema: "https://json-schema.org/draft/2020-12/schema",
  });
}

const READ_BY_HUGGING_FACE = `
import glob, json, sys, yaml
from huggingface_hub import ModelCard, parse_eval_result_entries
[card_path] = glob.glob(sys.argv[1] + "/*/README.md")
[results_path] = glob.glob(sys.argv[1] + "/*/.eval_results/*.yaml")
card = ModelCard.load(card_path)
[entry] = parse_eval_result_entries(yaml.safe_load(open(results_path)))
ex = card.data.eval_results[0]
print(json.dumps({
    "name": card.data.model_name,
    "results": len(card.data.eval_results),
    "ex": [ex.task_type, ex.dataset_type, ex.dataset_split, ex.metric_type, ex.metric_value, ex.source_url],
    "entry": [entry.dataset_id, entry.task_id, entry.value, entry.source_url],
}))
`;

Deno.test({
  name: "huggingface_hub reads what finestep leaderboard export writes for it",
  ignore: PYTHON === "",
  fn: async () => {
    await using desk = await Desk.open();
    await desk.write({ ...EMPTY_BOARD, rows: [aRow({ ex: 0.625 })] });
    const url = "https://example.org/board";
    await desk.leaderboard(
      ...["export", "--out", desk.file("hub"), "--dataset-id", "some-lab/minibird"],
      ...["--source-url", url],
    );
    const { stdout, success } = await new Deno.Command(PYTHON, {
      args: ["-c", READ_BY_HUGGING_FACE, desk.file("hub")],
    }).output();
    assert(success);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      name: "grpo",
      results: 3,
      ex: ["text-generation", "some-lab/minibird", "dev", "execution_accuracy", 62.5, url],
      entry: ["some-lab/minibird", "dev", 62.5, url],
    });
  },
});
