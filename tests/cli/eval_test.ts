import assert from "node:assert/strict";
import { openStore } from "../../src/store/run_store.ts";
import { STATEMENTS } from "../tiny/bird.ts";
import { finestep, type Outcome, Workplace } from "../tiny/workplace.ts";

function evaluate(workplace: Workplace, ...flags: string[]): Promise<Outcome> {
  const { store } = workplace;
  return finestep("eval", "--data", workplace.file("data"), "--store", store, ...flags);
}

const replay = (
  workplace: Workplace,
) => ["--policy", "replay", "--predictions", workplace.file("predictions.json")];

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
  const { kind, status, episodeCount } = store.run(1);
  assert.deepEqual({ kind, status, episodeCount }, {
    kind: "eval",
    status: "finished",
    episodeCount: 8,
  });
  const ex = store.metrics(1).find(({ name }) => name === "ex");
  assert.deepEqual([ex?.phase, ex?.value, ex?.n], ["eval", 0.25, 8]);
});

Deno.test("finestep eval runs a model, greedily the same each time", async () => {
  await using workplace = await Workplace.open();
  const run = async () => {
    const flags = ["--model", workplace.file("model"), "--limit", "5", "--json"];
    const { code, stdout } = await evaluate(workplace, ...flags);
    assert.equal(code, 0);
    const { run: _, ...summary } = JSON.parse(stdout);
    return summary;
  };
  const first = await run();
  assert.equal(first.n, 5);
  assert.deepEqual(await run(), first);
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
  const missing = workplace.file("no", "verdicts.json");
  const outcome = await evaluate(workplace, ...replay(workplace), "--verdicts", missing);
  assert.equal(outcome.code, 1);
  assert.match(outcome.stdout, /: 4 of 8 right$/m);
  assert.match(outcome.stderr, /^Cannot go on as the system refuses: No such file .*no\/verdicts/m);
});
