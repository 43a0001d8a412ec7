import assert from "node:assert/strict";
import type { Example } from "../../src/dataset/example.ts";
import { pairPredictions, parsePredictions } from "../../src/dataset/predictions.ts";

const SEPARATOR = "\t----- bird -----\t";

function example(id: string, databaseId: string): Example {
  const database = { id: databaseId, path: `/${databaseId}.sqlite`, tables: [] };
  return { id, database, question: "", evidence: "", goldSql: "SELECT 1", difficulty: null };
}

Deno.test("parsePredictions() keeps the order of the file, whatever the keys", () => {
  const text = '{"10": "SELECT 10", "9": "SELECT 9", "x": "SELECT \\"x\\""}';
  assert.deepEqual(
    parsePredictions(text, "p.json").map(({ sql }) => sql),
    ["SELECT 10", "SELECT 9", 'SELECT "x"'],
  );
});

Deno.test("parsePredictions() is not misled by strings that look like entries", () => {
  const sql = 'SELECT "a": \'b\', {"c": "d"} \\ \n';
  assert.deepEqual(
    parsePredictions(JSON.stringify({ b: sql, a: "SELECT 1" }), "p.json").map(({ sql }) => sql),
    [sql, "SELECT 1"],
  );
});

Deno.test("parsePredictions() splits off the database, and reads a list alike", () => {
  const entries = [`SELECT 1${SEPARATOR}shop`, "SELECT 2"];
  const expected = [{ sql: "SELECT 1", databaseId: "shop" }, { sql: "SELECT 2", databaseId: null }];
  assert.deepEqual(parsePredictions(JSON.stringify(entries), "p.json"), expected);
  assert.deepEqual(parsePredictions(JSON.stringify({ ...entries }), "p.json"), expected);
});

Deno.test("parsePredictions() takes an entry that is no string as empty SQL, as BIRD does", () => {
  const empty = { sql: "", databaseId: null };
  assert.deepEqual(parsePredictions('{"0": null, "1": 12.5}', "p.json"), [empty, empty]);
  assert.deepEqual(parsePredictions("[0]", "p.json"), [empty]);
});

Deno.test("parsePredictions() keeps the last value of a repeated key in its first place, as Python", () => {
  const text = '{"0": "SELECT 0", "1": "SELECT 1", "0": "SELECT 2"}';
  assert.deepEqual(parsePredictions(text, "p.json").map(({ sql }) => sql), [
    "SELECT 2",
    "SELECT 1",
  ]);
});

Deno.test("parsePredictions() refuses what holds no predictions", () => {
  assert.throws(() => parsePredictions('{"0": "SELECT 1"', "p.json"), {
    name: "SyntaxError",
    message: /^Cannot read p\.json as it must be JSON: line 1: /,
  });
  assert.throws(() => parsePredictions('"SELECT 1"', "p.json"), {
    name: "TypeError",
    message:
      "Cannot read predictions of p.json as they must be a JSON object or list: found string",
  });
  assert.throws(() => parsePredictions('[{"sql": "SELECT 1"}]', "p.json"), {
    name: "TypeError",
    message:
      'Cannot read prediction "0" of p.json as it must be a string: found {"sql":"SELECT 1"}',
  });
});

Deno.test("pairPredictions() pairs by position without a warning when all agrees", () => {
  const predictions = [{ sql: "SELECT 1", databaseId: "shop" }, {
    sql: "SELECT 2",
    databaseId: null,
  }];
  const { sqlByExample, warnings } = pairPredictions(predictions, [
    example("31", "shop"),
    example("7", "zoo"),
  ]);
  assert.deepEqual([...sqlByExample], [["31", "SELECT 1"], ["7", "SELECT 2"]]);
  assert.deepEqual(warnings, []);
});

Deno.test("pairPredictions() warns of too few and of too many predictions", () => {
  const prediction = { sql: "SELECT 1", databaseId: null };
  const few = pairPredictions([prediction], [example("a", "shop"), example("b", "shop")]);
  assert.deepEqual([...few.sqlByExample.keys()], ["a"]);
  assert.deepEqual(few.warnings, [
    "1 predictions for 2 examples: they are paired by position, the last 1 examples have none",
  ]);
  const many = pairPredictions([prediction, prediction], [example("a", "shop")]);
  assert.equal(many.sqlByExample.size, 1);
  assert.match(many.warnings[0], /the last 1 predictions are not used$/);
});

Deno.test("pairPredictions() warns of predictions for another database", () => {
  const { warnings } = pairPredictions([{ sql: "SELECT 1", databaseId: "zoo" }], [
    example("5", "shop"),
  ]);
  assert.deepEqual(warnings, [
    "1 predictions name another database than their example: " +
    'prediction 0 is for "zoo", example 5 is of "shop"',
  ]);
});
