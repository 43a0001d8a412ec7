import assert from "finestep/assert";
import { join } from "node:path";
import type { Example } from "../../src/dataset/example.ts";
import type { Prediction } from "../../src/dataset/prediction_format.ts";
import { pairPredictions, readPredictions } from "../../src/dataset/predictions.ts";
import { loadDataset } from "../../src/dataset/dataset.ts";
import { BirdFolder } from "./bird_folder.ts";
import { BIRD, NEEDS_BIRD } from "./real_bird.ts";

function example(id: string, databaseId = "shop"): Example {
  const database = { id: databaseId, path: `/${databaseId}.sqlite`, tables: [] };
  return { id, database, question: "", evidence: "", goldSql: "SELECT 1", difficulty: null };
}

function file(predictions: readonly Partial<Prediction>[], hasQuestionIds = false) {
  const prediction = { sql: "SELECT 1", databaseId: null, id: null };
  return {
    predictions: predictions.map((fields) => ({ ...prediction, ...fields })),
    hasQuestionIds,
    warnings: [],
  };
}

Deno.test("pairPredictions() pairs by position without a warning when all agrees", () => {
  const predictions = [{ databaseId: "shop", id: "9" }, { sql: "SELECT 2", id: "8" }];
  const { sqlByExample, warnings } = pairPredictions(
    file(predictions),
    [example("31"), example("7", "zoo")],
    "position",
  );
  assert.deepEqual([...sqlByExample], [["31", "SELECT 1"], ["7", "SELECT 2"]]);
  assert.deepEqual(warnings, []);
});

Deno.test("pairPredictions() warns of too few and of too many predictions", () => {
  const few = pairPredictions(file([{}]), [example("a"), example("b")], "position");
  assert.deepEqual([...few.sqlByExample.keys()], ["a"]);
  assert.deepEqual(few.warnings, [
    "1 predictions for 2 examples: they are paired by position, the last 1 examples have none",
  ]);
  const many = pairPredictions(file([{}, {}]), [example("a")], "position");
  assert.equal(many.sqlByExample.size, 1);
  assert.match(many.warnings[0], /the last 1 predictions are not used$/);
});

for (const match of ["position", "question_id"] as const) {
  Deno.test(`pairPredictions() warns of predictions for another database, paired by ${match}`, () => {
    const predictions = file([{ databaseId: "zoo", id: "5" }]);
    assert.deepEqual(pairPredictions(predictions, [example("5")], match).warnings, [
      "1 predictions name another database than their example: " +
      'prediction 0 is for "zoo", example 5 is of "shop"',
    ]);
  });
}

Deno.test("pairPredictions() warns where question_ids say that positions are wrong", () => {
  const predictions = [{ id: "7" }, { id: "5" }];
  const examples = [example("5"), example("7")];
  assert.deepEqual(pairPredictions(file(predictions, true), examples, "position").warnings, [
    "2 predictions have another question_id than their example, as they are paired by position: " +
    "prediction 0 is for 7, the example is 5",
  ]);
});

Deno.test("pairPredictions() pairs by question_id, and drops nothing silently", () => {
  const predictions = [
    { id: "7", sql: "SELECT 7" },
    { id: "x" },
    { id: "5", sql: "SELECT 5" },
    { id: "y" },
    { id: "7", sql: "SELECT 77" },
  ];
  const examples = [example("5"), example("6"), example("7"), example("8")];
  const { sqlByExample, warnings } = pairPredictions(file(predictions), examples, "question_id");
  assert.deepEqual(sqlByExample, new Map([["7", "SELECT 77"], ["5", "SELECT 5"]]));
  assert.deepEqual(warnings, [
    "2 predictions have a question_id that no example has: the first is x",
    "1 predictions repeat a question_id, of which the last counts: the first is 7",
    "2 examples have no prediction: the first is 6",
  ]);
});

Deno.test("pairPredictions() refuses to pair by question_id what has none", () => {
  assert.throws(() => pairPredictions(file([{ id: "5" }, {}]), [example("5")], "question_id"), {
    name: "TypeError",
    message: "Cannot pair predictions by question_id as every one must have an id: " +
      "prediction 1 has none",
  });
});

Deno.test("readPredictions() reads the same from every form of one file", async () => {
  await using folder = new BirdFolder();
  const entries = [["9", "SELECT 9"], ["10", "SELECT 10"]];
  const examples = entries.map(([id]) => example(id));
  const objects = entries.map(([question_id, sql]) => ({ question_id, sql, db_id: "shop" }));
  folder.write("a.json", `{"9": "SELECT 9", "10": "SELECT 10\\t----- bird -----\\tshop"}`);
  folder.write("b.json", objects);
  folder.write("c.jsonl", objects.map((object) => JSON.stringify(object)).join("\n"));
  folder.write("d.sql", "SELECT 9\tshop\nSELECT 10\n");
  for (const name of ["a.json", "b.json", "c.jsonl", "d.sql"]) {
    for (const match of name === "d.sql" ? [undefined] : [undefined, "question_id" as const]) {
      const paired = await readPredictions(join(folder.path, name), examples, { match });
      assert.deepEqual(paired, {
        sqlByExample: new Map(entries as [string, string][]),
        warnings: [],
      });
    }
  }
});

Deno.test({
  name: "readPredictions() pairs all twelve real prediction files without a warning",
  ...NEEDS_BIRD,
  fn: async () => {
    for (const [folder, count] of [["dev_20240627", 287], ["mini_dev", 100]] as const) {
      const { examples } = await loadDataset(join(BIRD, folder), { schemas: "skip" });
      const directory = join(BIRD, folder, "predictions");
      const names = Array.from(Deno.readDirSync(directory), ({ name }) => name)
        .filter((name) => !name.endsWith(".verdicts.json"));
      assert.equal(names.length, folder === "mini_dev" ? 4 : 8);
      for (const name of names) {
        const { sqlByExample, warnings } = await readPredictions(join(directory, name), examples);
        assert.deepEqual([sqlByExample.size, warnings], [count, []], name);
      }
    }
  },
});
