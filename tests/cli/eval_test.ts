import assert from "finestep/assert";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../src/store/run_store.ts";
import { STATEMENTS } from "../tiny/bird.ts";
import { FinestepProcess } from "../tiny/finestep_process.ts";
import {
  finestep,
  finestepWithout,
  type Outcome,
  sha256,
  startFinestep,
  Workplace,
} from "../tiny/workplace.ts";

function evaluate(workplace: Workplace, ...flags: string[]): Promise<Outcome> {
  const { store } = workplace;
  return finestep("eval", "--data", workplace.file("data"), "--store", store, ...flags);
}

const replay = (workplace: Workplace) => ["--predictions", workplace.file("predictions.json")];

async function writePredictions(workplace: Workplace, predictions: unknown): Promise<void> {
  await Deno.writeTextFile(workplace.file("predictions.json"), JSON.stringify(predictions));
}

Deno.test("finestep eval --policy replay scores a file of predictions, question by question", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, Array.from({ length: 8 }, () => STATEMENTS[1]));
  const verdicts = workplace.file("verdicts.json");
  const outcome = await evaluate(workplace, ...replay(workplace), "--verdicts", verdicts);
  assert.equal(outcome.code, 0);
  assert.match(outcome.stdout, /predictions\.json on .*data dev: 2 of 8 right$/m);
  const byId = JSON.parse(await Deno.readTextFile(verdicts));
  assert.deepEqual(byId, { 0: 0, 1: 1, 2: 0, 3: 0, 4: 0, 5: 1, 6: 0, 7: 0 });

  using store = openStore(workplace.store);
  const { kind, status, verdictCount, episodeCount, identity } = store.run(1);
  assert.deepEqual([kind, status, verdictCount, episodeCount], ["eval", "finished", 8, 0]);
  const ex = store.metrics(1).find(({ name }) => name === "ex");
  assert.deepEqual([ex?.phase, ex?.value, ex?.n], ["eval", 0.25, 8]);
  assert.equal(
    identity?.policy.predictionsSha256,
    await sha256(workplace.file("predictions.json")),
  );
  assert.equal(identity?.dataSet.questionsSha256, await sha256(workplace.file("data", "dev.json")));
  assert.deepEqual(identity?.questions.evaluated, 8);
});

Deno.test("finestep eval --policy replay is what --predictions alone means", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, STATEMENTS);
  const { code, stdout } = await evaluate(workplace, "--policy", "replay", ...replay(workplace));
  assert.equal(code, 0);
  assert.match(stdout, /: 4 of 8 right$/m);
});

Deno.test("finestep eval scores several files, each as a run of its own", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, STATEMENTS);
  const second = workplace.file("second.sql");
  await Deno.writeTextFile(second, [...STATEMENTS, ...STATEMENTS].join("\n"));
  const { code, stdout } = await evaluate(workplace, ...replay(workplace), second);
  assert.equal(code, 0);
  assert.match(stdout, /^\| +1 \| predictions\.json \| +50\.0 .*\| 8 \|$/m);
  assert.match(stdout, /^\| +2 \| second\.sql +\| +100\.0 .*\| 8 \|$/m);
  assert.doesNotMatch(stdout, /of 8 right/);
  using store = openStore(workplace.store);
  const names = store.runs().map(({ identity }) => identity?.policy.name);
  assert.deepEqual(names, ["predictions.json", "second.sql"]);
});

Deno.test("finestep eval shares its store with other evaluations at the same time", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, [...STATEMENTS, ...STATEMENTS]);
  // The store is not there yet: all of them make it, or wait for the one that does.
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, () => evaluate(workplace, ...replay(workplace))),
  );
  for (const { code, stdout, stderr } of outcomes) {
    assert.equal(code, 0, stderr);
    assert.match(stdout, /: 8 of 8 right$/m);
  }
  using store = openStore(workplace.store);
  const counts = store.runs().map(({ status, verdictCount }) => `${status} ${verdictCount}`);
  assert.deepEqual(counts, Array.from({ length: 4 }, () => "finished 8"));
});

Deno.test("finestep eval scores a second time without running SQL", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, [...STATEMENTS, ...STATEMENTS]);
  const flags = [...replay(workplace), "--json"];
  const first = await evaluate(workplace, ...flags);
  // Without permission to run processes nothing can run SQL.
  const { store } = workplace;
  const args = ["eval", "--data", workplace.file("data"), "--store", store, ...flags];
  const second = await finestepWithout("run", ...args);
  assert.equal(second.code, 0, second.stderr);
  const measures = ({ stdout }: Outcome): unknown[] => JSON.parse(stdout).metrics;
  assert(measures(first).length > 1);
  assert.deepEqual(measures(second), measures(first));
});

Deno.test("finestep eval --filter and --sample choose questions, and the run says which", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, [...STATEMENTS, ...STATEMENTS]);
  const flags = ["--filter", "difficulty=simple,database=kiosk|market", "--sample", "3"];
  const { code, stdout } = await evaluate(workplace, ...replay(workplace), ...flags);
  assert.equal(code, 0);
  assert.match(stdout, /: 3 of 3 right$/m);
  using store = openStore(workplace.store);
  const { total, evaluated, filter, sample, sampleSeed } = store.run(1).identity!.questions;
  assert.deepEqual([total, evaluated, filter, sample, sampleSeed], [8, 3, flags[1], 3, 1]);
  assert(store.verdicts(1, "eval").every(({ difficulty }) => difficulty === "simple"));
});

Deno.test("finestep eval --r-ves times right answers and gives wrong ones nothing", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, STATEMENTS);
  const { code, stdout } = await evaluate(workplace, ...replay(workplace), "--r-ves", "20");
  assert.equal(code, 0);
  assert.match(stdout, /R-VES/);
  using store = openStore(workplace.store);
  const rewards = store.verdicts(1, "eval").map(({ rVesReward }) => rVesReward!);
  assert(rewards.slice(0, 4).every((reward) => reward >= 0.25 && reward <= 1.25), String(rewards));
  assert.deepEqual(rewards.slice(4), [0, 0, 0, 0]);
});

Deno.test("finestep eval --quarantine gives EX also without the questions that data check found unsound", async () => {
  await using workplace = await Workplace.open();
  await workplace.edit<Record<string, unknown>[]>("data/dev.json", (questions) => {
    questions[0].SQL = "SELECT name FROM item ORDER BY price > 0 LIMIT 1";
    return questions;
  });
  await writePredictions(workplace, [...STATEMENTS, ...STATEMENTS]);
  const list = workplace.file("quarantine.json");
  const data = workplace.file("data");
  await finestep("data", "check", "--data", data, "--split", "dev", "--write", list);
  const { code, stdout, stderr } = await evaluate(
    workplace,
    ...replay(workplace),
    "--quarantine",
    list,
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\| EX, % .*87\.5 .*\| 8 \|$/m);
  assert.match(stdout, /^\| EX without quarantined, % .*100\.0 .*\| 7 \|$/m);
  using store = openStore(workplace.store);
  const { version } = JSON.parse(await Deno.readTextFile(list));
  assert.deepEqual(store.run(1).identity?.quarantine, { version, quarantined: 1 });

  await workplace.edit<unknown[]>("data/dev.json", (questions) => questions.slice(1));
  const other = await evaluate(workplace, ...replay(workplace), "--quarantine", list);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^Cannot use quarantine list .* its questions are \w+ .* are \w+$/m);
});

/** Takes a while, and gives what the gold SQL of the first question gives. */
const SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) " +
  "SELECT (SELECT count(*) FROM item) + 0 * max(i) FROM n";

/** An evaluation under way whose store has at least two of its eight verdicts. */
async function halfWay(workplace: Workplace): Promise<FinestepProcess> {
  // Each text is another, so that each is run.
  await writePredictions(workplace, Array.from({ length: 8 }, (_, n) => `${SLOW} -- ${n}`));
  const { store } = workplace;
  const flags = ["--data", workplace.file("data"), "--store", store, "--workers", "1"];
  const process = new FinestepProcess(workplace, "eval", ...flags, ...replay(workplace));
  await process.written(() => storedVerdicts(workplace) >= 2);
  return process;
}

function storedVerdicts({ store: path }: Workplace): number {
  if (!existsSync(path)) return 0;
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    return Number(database.prepare("SELECT count(*) AS n FROM verdicts").get()!.n);
  } catch {
    // The store is being made.
    return 0;
  }
}

Deno.test("finestep eval --resume after a kill neither loses a question nor counts one twice", async () => {
  await using workplace = await Workplace.open();
  await (await halfWay(workplace)).killed();
  const before = storedVerdicts(workplace);
  assert(before >= 2 && before < 8, `${before} stored`);
  const { code, stdout, stderr } = await evaluate(workplace, "--resume", "1");
  assert.equal(code, 0, stderr);
  // Both databases have these questions first; only those who ask for the count are right.
  assert.match(stdout, /: 2 of 8 right$/m);
  using store = openStore(workplace.store);
  assert.deepEqual(
    store.verdicts(1, "eval").map(({ exampleId, isCorrect }) => [exampleId, isCorrect]),
    Array.from({ length: 8 }, (_, n) => [String(n), n % 4 === 0]),
  );
  assert.equal(store.run(1).status, "finished");
  assert.equal(store.runs().length, 1);
  const again = await evaluate(workplace, "--resume", "1");
  assert.match(again.stderr, /^Cannot resume run 1 as it must be a stopped evaluation/);
});

Deno.test("finestep eval --resume refuses other options than those of its start", async () => {
  await using workplace = await Workplace.open();
  await (await halfWay(workplace)).killed();
  const { code, stderr } = await evaluate(workplace, "--resume", "1", "--limit", "3");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^Cannot resume run 1 as it goes on under its own options: "--limit" is 3, and was none$/m,
  );
  assert.equal((await evaluate(workplace, "--resume", "1")).code, 0);
});

Deno.test("finestep eval goes on where nobody reads how far it is", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, STATEMENTS);
  const flags = ["--data", workplace.file("data"), "--store", workplace.store];
  const child = startFinestep("eval", ...flags, ...replay(workplace));
  await child.stderr.cancel();
  await child.stdout.cancel();
  assert.equal((await child.status).code, 0);
  using store = openStore(workplace.store);
  assert.equal(store.run(1).status, "finished");
});

Deno.test("finestep eval --resume gives a model's evaluation as if it had never stopped", async () => {
  await using workplace = await Workplace.open();
  const flags = ["--model", workplace.file("model"), "--temperature", "1"];
  assert.equal((await evaluate(workplace, ...flags)).code, 0);
  const whole = stored(workplace);
  assert.equal(whole.texts.length, 8);
  {
    using database = new DatabaseSync(workplace.store);
    database.exec(`
      DELETE FROM verdicts WHERE example_id IN ('1', '4', '7');
      DELETE FROM episodes WHERE example_id IN ('1', '4', '7');
      DELETE FROM metrics;
      UPDATE runs SET status = 'running';
    `);
  }
  const { code, stderr } = await evaluate(workplace, "--resume", "1");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^evaluating 8\/8 /m);
  assert.deepEqual(stored(workplace), whole);
});

/** What an evaluation leaves behind, without its times. */
function stored(workplace: Workplace) {
  using store = openStore(workplace.store);
  return {
    metrics: store.metrics(1),
    verdicts: store.verdicts(1, "eval").map((one) => ({ ...one, predictedMs: 0, goldMs: 0 })),
    texts: Array.from(
      store.episodes(1, "eval"),
      ({ episode }) => [episode.exampleId, ...episode.steps.map(({ text }) => text)],
    ).sort(([a], [b]) => Number(a) - Number(b)),
  };
}

Deno.test("finestep eval stopped by Ctrl-C shows what it has, and goes on later", async () => {
  await using workplace = await Workplace.open();
  const { code, stdout, stderr } = await (await halfWay(workplace)).interrupted();
  assert.equal(code, 130, stderr);
  const [, done] =
    /^Stopped after (\d) of 8 questions; go on with: finestep eval --resume 1 --store .*$/m
      .exec(stdout) ?? assert.fail(stdout);
  assert.match(stdout, new RegExp(`: \\d of ${done} right$`, "m"));
  assert.equal(storedVerdicts(workplace), Number(done));
  const resumed = await evaluate(workplace, "--resume", "1");
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, /: 2 of 8 right$/m);
});

Deno.test("finestep eval --resume refuses when what the numbers depend on has changed", async () => {
  await using workplace = await Workplace.open();
  await (await halfWay(workplace)).killed();
  await writePredictions(workplace, STATEMENTS);
  const { code, stderr } = await evaluate(workplace, "--resume", "1");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot resume run 1 as .*: policy\.predictionsSha256: "\w+", then "\w+"$/m,
  );
  assert(storedVerdicts(workplace) >= 2);
});

Deno.test("finestep eval runs a model, greedily the same each time", async () => {
  await using workplace = await Workplace.open();
  const run = async () => {
    const flags = ["--model", workplace.file("model"), "--limit", "5", "--json"];
    const { code, stdout } = await evaluate(workplace, ...flags);
    assert.equal(code, 0);
    const { run: _, verdicts, ...summary } = JSON.parse(stdout);
    assert.equal(verdicts.length, 5);
    return summary;
  };
  const first = await run();
  assert.equal(first.metrics[0].n, 5);
  assert.deepEqual(await run(), first);
});

Deno.test("finestep eval --samples attempts each question several times, the first time as without it", async () => {
  await using workplace = await Workplace.open();
  const flags = ["--model", workplace.file("model"), "--limit", "3", "--temperature", "1"];
  assert.equal((await evaluate(workplace, ...flags)).code, 0);
  const { code, stdout } = await evaluate(workplace, ...flags, "--samples", "4");
  assert.equal(code, 0);
  assert.match(stdout, /of 12 right$/m);
  using store = openStore(workplace.store);
  const once = store.verdicts(1, "eval").map(({ exampleId, seed }) => `${exampleId} ${seed}`);
  const often = store.verdicts(2, "eval").map(({ exampleId, seed }) => `${exampleId} ${seed}`);
  assert.deepEqual([once.length, new Set(often).size], [3, 12]);
  assert(once.every((attempt) => often.includes(attempt)));
  assert.equal(store.metrics(2).find(({ name }) => name === "ex")?.n, 3);
});

Deno.test("finestep eval warns of predictions that are too few, and counts the rest as wrong", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, STATEMENTS);
  const { code, stdout, stderr } = await evaluate(workplace, ...replay(workplace));
  assert.equal(code, 0);
  assert.match(stderr, /^warning: 4 predictions for 8 examples: .*the last 4 examples have none$/m);
  assert.match(stdout, /: 4 of 8 right$/m);
});

for (
  const { what, predictions, message } of [
    {
      what: "a prediction file that is missing",
      predictions: null,
      message: /^Cannot go on as the system refuses: No such file .*predictions\.json/,
    },
    {
      what: "a prediction file that is not JSON",
      predictions: '["SELECT 1",\n"SELECT 2"',
      message: /^Cannot read .*predictions\.json as it must be JSON: line 2: /,
    },
    {
      what: "predictions that are lists",
      predictions: '{"0": ["SELECT 1"]}',
      message:
        /^Cannot read prediction "0" of .*predictions\.json as it must be a string: found \[/,
    },
  ]
) {
  Deno.test(`finestep eval refuses ${what}`, async () => {
    await using workplace = await Workplace.open();
    if (predictions) await Deno.writeTextFile(workplace.file("predictions.json"), predictions);
    const { code, stdout, stderr } = await evaluate(workplace, ...replay(workplace));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  });
}

Deno.test("finestep eval refuses replay without predictions with 2", async () => {
  const { code, stderr } = await finestep("eval", "--policy", "replay");
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot evaluate as "--policy replay" and "--predictions" must be given/);
});

Deno.test("finestep eval prints its result before a verdict file fails", async () => {
  await using workplace = await Workplace.open();
  await writePredictions(workplace, STATEMENTS);
  const missing = workplace.file("predictions.json", "verdicts.json");
  const outcome = await evaluate(workplace, ...replay(workplace), "--verdicts", missing);
  assert.equal(outcome.code, 1);
  assert.match(outcome.stdout, /: 4 of 8 right$/m);
  assert.match(outcome.stderr, /^Cannot go on as the system refuses: .*predictions\.json/m);
});
