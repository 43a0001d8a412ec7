import { parse } from "csv-parse/sync";
import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { EVALUATION, VERDICT_FORMAT, VERDICT_LINE } from "../../src/reports/export/schema.ts";
import { type JudgedRecord, openStore, type Run } from "../../src/store/run_store.ts";
import { agenticRun, EXPORTED, RUN, VERDICTS } from "../reports/exported_runs.ts";
import { AGGREGATE, SAMPLE } from "../reports/export/every_eval_ever_schema.ts";
import { writeTinyBird } from "../tiny/bird.ts";
import { finestep, startFinestep } from "../tiny/workplace.ts";

/** A folder with `eval.schema.json` and `instance_level_eval.schema.json`, as published. */
const SCHEMAS = Deno.env.get("EEE_SCHEMA_DIR") ?? "";
if (SCHEMAS === "") {
  console.info("skipped: no schemas of Every Eval Ever (EEE_SCHEMA_DIR is empty)");
}

/** A folder with a store, and the command run on it. */
class Shelf implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async open(): Promise<Shelf> {
    return new Shelf(await Deno.makeTempDir({ prefix: "finestep" }));
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Stores an evaluation of a prediction file, or what is given in its place. */
  store(
    { verdicts = VERDICTS, metrics = EXPORTED.metrics, run = RUN, status = "finished" }: {
      verdicts?: readonly Verdict[];
      metrics?: typeof EXPORTED.metrics;
      run?: Run;
      status?: "finished" | "interrupted";
    } = {},
    episode: JudgedRecord["episode"] = null,
  ): number {
    using store = openStore(this.file("runs.sqlite"));
    const id = store.startRun(run);
    store.addVerdicts(
      id,
      "eval",
      verdicts.map((verdict, position) => ({ verdict, position, episode })),
    );
    store.addMetrics(id, metrics);
    store.finishRun(id, status);
    return id;
  }

  export(...args: (string | number)[]) {
    return finestep("export", ...args.map(String), "--store", this.file("runs.sqlite"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("finestep export prints an evaluation in every form", async () => {
  await using shelf = await Shelf.open();
  const id = shelf.store();
  const exported = async (format: string) => {
    const { code, stdout, stderr } = await shelf.export(id, "--format", format);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout;
  };
  const document = EVALUATION.parse(JSON.parse(await exported("json")));
  assert.deepEqual(document.verdicts, VERDICTS);
  assert.deepEqual(document.identity, RUN.identity);
  assert.deepEqual(document.metrics, EXPORTED.metrics);
  const lines = (await exported("jsonl")).trimEnd().split("\n");
  const versioned = VERDICTS.map((verdict) => ({ schema: VERDICT_FORMAT, ...verdict }));
  assert.deepEqual(lines.map((line) => VERDICT_LINE.parse(JSON.parse(line))), versioned);
  assert.equal(parse(await exported("csv"), { columns: true }).length, VERDICTS.length);
  assert.match(await exported("markdown"), /^## answers\.json on bird dev\n\n3 of 6 right\.\n/);
  assert.match(await exported("official"), /^EX +100\.00 +50\.00 +0\.00 +50\.00 *$/m);
  assert.deepEqual(JSON.parse(await exported("verdicts")), { 0: 1, 1: 1, 2: 1, 3: 0, 4: 0, 5: 0 });
});

Deno.test("finestep export ends quietly when its reader has seen enough", async () => {
  await using shelf = await Shelf.open();
  const id = shelf.store();
  const child = startFinestep("export", `${id}`, "--store", shelf.file("runs.sqlite"));
  await child.stdout.cancel();
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assert.deepEqual([code, stderr], [0, ""]);
});

Deno.test("finestep export writes what finestep eval has stored, in its documented form", async () => {
  await using shelf = await Shelf.open();
  await writeTinyBird(shelf.file("data"));
  const predictions = shelf.file("predictions.json");
  await Deno.writeTextFile(
    predictions,
    JSON.stringify(["SELECT 1", "SELECT", "CREATE TABLE t (a)"]),
  );
  const evaluated = await finestep(
    ...["eval", "--data", shelf.file("data"), "--predictions", predictions],
    ...["--store", shelf.file("runs.sqlite")],
  );
  assert.equal(evaluated.code, 0, evaluated.stderr);
  const { stdout } = await shelf.export(1);
  const { verdicts, identity, outcomes, run } = EVALUATION.parse(JSON.parse(stdout));
  assert.equal(verdicts.length, identity?.questions.evaluated);
  assert.equal(run.partial, null);
  assert.deepEqual(
    verdicts.slice(0, 4).map(({ outcome }) => outcome),
    ["wrong_rows", "execution_error", "refused", "no_answer"],
  );
  assert.equal(outcomes.no_answer, verdicts.length - 3);
});

Deno.test("finestep export --out writes a file once, and over it with --force", async () => {
  await using shelf = await Shelf.open();
  const id = shelf.store();
  const out = shelf.file("new", "answers.csv");
  const flags = ["--format", "csv", "--out", out];
  assert.deepEqual(await shelf.export(id, ...flags), { code: 0, stdout: "", stderr: "" });
  const written = readFileSync(out, "utf8");
  assert.match(written, /^question_id,db_id,/);

  const again = await shelf.export(id, ...flags, "--format", "verdicts");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^Cannot write .*answers\.csv as it is there already: "--force"/);
  assert.equal(readFileSync(out, "utf8"), written);

  await shelf.export(id, "--format", "verdicts", "--out", out, "--force");
  assert.match(readFileSync(out, "utf8"), /^\{\n "0": 1,/);
  assert.deepEqual(readdirSync(shelf.file("new")), ["answers.csv"]);
});

Deno.test("finestep export says that an evaluation is partial, and measures what there is", async () => {
  await using shelf = await Shelf.open();
  const verdicts = VERDICTS.slice(0, 4);
  const id = shelf.store({ verdicts, metrics: [], status: "interrupted" });
  const { code, stdout, stderr } = await shelf.export(id);
  assert.equal(code, 0);
  assert.equal(stderr, "warning: the evaluation is partial: 4 of 6 questions\n");
  const { run, metrics } = EVALUATION.parse(JSON.parse(stdout));
  assert.equal(run.partial, "4 of 6 questions");
  assert.equal(metrics.find(({ name }) => name === "ex")?.value, 0.75);
});

Deno.test("finestep export refuses a run that is not there, or has evaluated nothing", async () => {
  await using shelf = await Shelf.open();
  const empty = shelf.store({ verdicts: [], metrics: [] });
  const errors = async (...args: (string | number)[]) => {
    const { code, stdout, stderr } = await shelf.export(...args);
    assert.equal(stdout, "");
    return [code, stderr.split(":")[0]];
  };
  assert.deepEqual(await errors(99), [1, "Cannot read run 99 as it is not in the store"]);
  const nothing = `Cannot export run ${empty} as it must have evaluated questions`;
  assert.deepEqual(await errors(empty), [1, nothing]);
  const full = shelf.store();
  assert.deepEqual(await errors(full, "--phase", "after"), [
    1,
    `Cannot export run ${full} as it must have evaluated questions in phase "after"`,
  ]);
  const usage = "Cannot export as the run's id must be given, one number";
  assert.deepEqual(await errors(), [2, usage]);
  assert.deepEqual(await errors("seven"), [2, usage]);
});

Deno.test("finestep export makes no store where there is none", async () => {
  await using shelf = await Shelf.open();
  const { code, stderr } = await shelf.export(1);
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot export as there is no store: /);
  assert(!existsSync(shelf.file("runs.sqlite")));
});

/** Exports a file of predictions and a policy that was trained, and gives each pair of files that came of it. */
async function everyEvalEver(shelf: Shelf) {
  await writeTinyBird(shelf.file("data"));
  const data = shelf.file("data");
  const trained = { kind: "train", identity: null, dataSet: data } as const;
  const agentic = agenticRun();
  const [episode] = agentic.episodes!;
  const ids = [
    shelf.store({ run: { ...RUN, options: { run: { data } } } }),
    shelf.store({ ...agentic, run: { ...agentic.run, ...trained } }, {
      phase: "eval",
      trainStep: null,
      outcome: 1,
      isCorrect: true,
      redundantCalls: 1,
      episode,
    }),
  ];
  return await Promise.all(ids.map(async (id) => {
    const { code, stdout, stderr } = await shelf.export(
      ...[id, "--format", "every-eval-ever", "--out", shelf.file("eee")],
      ...["--model-id", "some-lab/some-model", "--organization", "Some University"],
      ...["--data-url", "https://bird-bench.github.io"],
    );
    assert.deepEqual([code, stderr], [0, ""]);
    const [aggregate, samples] = stdout.trimEnd().split("\n").map((path) =>
      readFileSync(path, "utf8")
    );
    return { aggregate, samples };
  }));
}

Deno.test("finestep export --format every-eval-ever writes an aggregate with its samples", async () => {
  await using shelf = await Shelf.open();
  for (const { aggregate, samples } of await everyEvalEver(shelf)) {
    const { evaluation_id, detailed_evaluation_results: file } = AGGREGATE.parse(
      JSON.parse(aggregate),
    );
    const lines = samples.trimEnd().split("\n").map((line) => SAMPLE.parse(JSON.parse(line)));
    assert.equal(file.total_rows, lines.length);
    assert.equal(file.checksum, createHash("sha256").update(samples).digest("hex"));
    assert(existsSync(shelf.file("eee", file.file_path)));
    assert(lines.every((line) => line.evaluation_id === evaluation_id));
  }
});

const HOLDS = "finestep export --format every-eval-ever holds to the published schemas";
Deno.test(HOLDS, { ignore: SCHEMAS === "" }, async () => {
  // Conditions, which zod does not read, are in AGGREGATE and SAMPLE.
  const withoutConditions = (key: string, value: unknown) =>
    ["if", "then", "else"].includes(key) ? undefined : value;
  const schema = (name: string) => {
    const content = JSON.parse(readFileSync(join(SCHEMAS, name), "utf8"), withoutConditions);
    // The file says draft 7 and names its definitions as later drafts do.
    return z.fromJSONSchema({
      ...content,
      $schema: "https://json-schema.org/draft/2020-12/schema",
    });
  };
  const [ofAggregate, ofSample] = ["eval", "instance_level_eval"].map((name) =>
    schema(`${name}.schema.json`)
  );
  await using shelf = await Shelf.open();
  for (const { aggregate, samples } of await everyEvalEver(shelf)) {
    const { model_info, ...rest } = ofAggregate.parse(
      JSON.parse(aggregate),
    ) as typeof AGGREGATE._output;
    assert(!ofAggregate.safeParse({ ...rest, model_info: { ...model_info, id: 7 } }).success);
    for (const line of samples.trimEnd().split("\n")) ofSample.parse(JSON.parse(line));
  }
});

Deno.test("finestep export --format every-eval-ever asks for what no run knows", async () => {
  await using shelf = await Shelf.open();
  const flags = ["--format", "every-eval-ever", "--model-id", "some-lab/some-model"];
  const { code, stderr } = await shelf.export(shelf.store(), ...flags);
  assert.equal(code, 2);
  assert.match(stderr, /: --out, --organization not given$/m);
});
