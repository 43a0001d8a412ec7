import assert from "finestep/assert";
import { openStore, type RunStore } from "../../src/store/run_store.ts";
import { finestep, Workplace } from "../tiny/workplace.ts";

const DATA = "fixtures/calculator";
const CALCULATOR = ["--data", DATA, "--model", "fixtures/calculator_policy"];

/** Runs a command on the calculator's questions and shows its store. */
async function withStore(
  args: (workplace: Workplace) => readonly string[],
  use: (store: RunStore) => void,
): Promise<void> {
  await using workplace = await Workplace.open();
  const { code, stderr } = await finestep(...args(workplace), "--store", workplace.store);
  assert.equal(code, 0, stderr);
  using store = openStore(workplace.store);
  use(store);
}

for (const algorithm of ["finestep.aime24", "grpo"]) {
  Deno.test(`finestep train with ${algorithm} works on the calculator's questions, without a recall`, async () => {
    await withStore((workplace) => [
      ...["train", ...CALCULATOR, "--algorithm", algorithm, "--train-steps", "1"],
      ...["--groups-per-step", "2", "--group-size", "4", "--eval-limit", "6", "--threads", "1"],
      ...["--runs", workplace.file("runs")],
    ], (store) => {
      const { options, status } = store.run(1);
      assert.equal(status, "finished");
      assert.equal((options.rewards as { softWeight: number }).softWeight, 0);
      const [{ metrics }] = store.trainSteps(1);
      assert.equal(metrics["loss/is_applied"], 1);
      const verdicts = store.verdicts(1, "after");
      assert.equal(verdicts.length, 6);
      assert(verdicts.some(({ calls }) => calls.length > 0));
      assert.deepEqual(verdicts.flatMap(({ features }) => features), []);
    });
  });
}

Deno.test("finestep eval records the calculator's own rule of a right answer", async () => {
  await withStore(() => ["eval", ...CALCULATOR, "--limit", "6"], (store) => {
    const { identity } = store.run(1);
    assert.equal(identity?.exRule, "the number of the gold expression, exactly");
    assert.equal(identity?.dataSet.name, "calculator");
  });
});

Deno.test("finestep data check, R-VES and credit refuse questions that have no SQL", async () => {
  await using workplace = await Workplace.open();
  const line = '{"messages": [{"role": "user", "content": "1 + 2"}], "question_id": "0"}\n';
  await Deno.writeTextFile(workplace.file("lines.jsonl"), line);
  const commands = [
    ["data", "check", "--data", DATA],
    ["eval", ...CALCULATOR, "--r-ves", "1", "--store", workplace.store],
    ["credit", workplace.file("lines.jsonl"), "--data", DATA],
  ];
  for (const args of commands) {
    const { code, stderr } = await finestep(...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^Cannot .* as the questions must be of Text-to-SQL: .* "calculator"$/m);
  }
});

Deno.test("finestep eval --predictions scores a file of numbers", async () => {
  await using workplace = await Workplace.open();
  const file = workplace.file("numbers.json");
  const questions: { query: string }[] = JSON.parse(await Deno.readTextFile(`${DATA}/dev.json`));
  const numbers = questions.map((_, n) => [String(n), "7\t----- bird -----\tnone"] as const);
  await Deno.writeTextFile(file, JSON.stringify(Object.fromEntries(numbers)));
  const args = ["--data", DATA, "--predictions", file, "--limit", "20", "--store", workplace.store];
  const { code, stderr } = await finestep("eval", ...args);
  assert.equal(code, 0, stderr);
  using store = openStore(workplace.store);
  const outcomes = store.verdicts(1, "eval").map(({ outcome }) => outcome);
  assert.equal(outcomes.length, 20);
  assert(outcomes.every((outcome) => outcome === "right" || outcome === "wrong_rows"));
});
