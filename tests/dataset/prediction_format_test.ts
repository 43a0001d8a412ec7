import assert from "finestep/assert";
import { parsePredictions } from "../../src/dataset/prediction_format.ts";

const SEPARATOR = "\t----- bird -----\t";

const json = (value: unknown) => JSON.stringify(value);
const sqlOf = (text: string, file = "p.json") =>
  parsePredictions(text, file).predictions.map(({ sql }) => sql);

Deno.test("parsePredictions() keeps the order of the file, whatever the keys", () => {
  const text = '{"10": "SELECT 10", "9": "SELECT 9", "x": "SELECT \\"x\\""}';
  assert.deepEqual(
    parsePredictions(text, "p.json").predictions.map(({ id, sql }) => [id, sql]),
    [["10", "SELECT 10"], ["9", "SELECT 9"], ["x", 'SELECT "x"']],
  );
});

Deno.test("parsePredictions() is not misled by strings that look like entries", () => {
  const sql = 'SELECT "a": \'b\', {"c": "d"} \\ --';
  assert.deepEqual(sqlOf(json({ b: sql, a: "SELECT 1" })), [sql, "SELECT 1"]);
});

const ONE = { sql: "SELECT 1", databaseId: "shop", id: null };
const TWO = { sql: "SELECT 2", databaseId: null, id: null };

for (
  const [what, file, text, expected] of [
    ["a list of strings", "p.json", json([`SELECT 1${SEPARATOR}shop`, "SELECT 2"]), [ONE, TWO]],
    ["an object of strings", "p.json", json({ 7: `SELECT 1${SEPARATOR}shop`, 8: "SELECT 2" }), [
      { ...ONE, id: "7" },
      { ...TWO, id: "8" },
    ]],
    [
      "a list of objects",
      "p.json",
      json([
        { question_id: 7, sql: "SELECT 1", db_id: "shop" },
        { question_id: "x", predicted_sql: "SELECT 2", SQL: "SELECT 'gold'" },
      ]),
      [{ ...ONE, id: "7" }, { ...TWO, id: "x" }],
    ],
    [
      "objects that hold strings of the official form",
      "p.json",
      json([{ prediction: `SELECT 1${SEPARATOR}shop` }, { query: "SELECT 2" }]),
      [ONE, TWO],
    ],
    [
      "JSON lines",
      "p.jsonl",
      `{"SQL": "SELECT 1", "db_id": "shop"}\n\n{"sql": "SELECT 2", "question_id": 0}\n`,
      [ONE, { ...TWO, id: "0" }],
    ],
    ["JSON lines of strings", "p.jsonl", '"SELECT 2"\n', [TWO]],
    ["a list under the name of lines", "p.jsonl", '["SELECT 2"]', [TWO]],
    ["lines of SQL", "p.sql", "SELECT 1\tshop\r\nSELECT 2\n", [ONE, TWO]],
    ["an empty line of SQL", "p.sql", "SELECT 1\tshop\n\nSELECT 2", [
      ONE,
      { ...TWO, sql: "" },
      TWO,
    ]],
    ["tabs in a line of SQL", "p.txt", "SELECT\t1\tshop\nSELECT\t(1)\n", [
      { ...ONE, sql: "SELECT\t1" },
      { ...TWO, sql: "SELECT\t(1)" },
    ]],
    ["lines of the official form", "p.txt", `SELECT 1${SEPARATOR}shop\n`, [ONE]],
  ] as const
) {
  Deno.test(`parsePredictions() reads ${what}`, () => {
    const { predictions, warnings } = parsePredictions(text, file);
    assert.deepEqual(predictions, expected);
    assert.deepEqual(warnings, []);
  });
}

// Each is what package_sqls of mini_dev's evaluation_utils.py gives.
for (
  const [what, entry, sql, databaseId] of [
    [
      "keeps the outer space before the separator",
      ` SELECT 1 ;${SEPARATOR}shop`,
      " SELECT 1 ;",
      "shop",
    ],
    ["keeps the SQL of an empty database", `SELECT 1${SEPARATOR}`, "SELECT 1", ""],
    ["drops the outer space without a separator", "\n SELECT 1 \t", "SELECT 1", null],
    [
      "takes a string with two separators as a whole",
      `a${SEPARATOR}b${SEPARATOR}c `,
      `a${SEPARATOR}b${SEPARATOR}c`,
      null,
    ],
    ["takes null as a space", null, " ", null],
    ["takes a number as a space", 12.5, " ", null],
  ] as const
) {
  Deno.test(`parsePredictions() ${what}, as the official code does`, () => {
    const { predictions: [first] } = parsePredictions(json({ 0: entry }), "p.json");
    assert.deepEqual(first, { sql, databaseId, id: "0" });
  });
}

Deno.test("parsePredictions() says how many entries are no strings", () => {
  const { warnings } = parsePredictions('{"0": "SELECT 1", "1": null, "2": 12.5}', "p.json");
  assert.deepEqual(warnings, [
    "2 predictions are not strings and count as empty SQL: prediction 1 is null",
  ]);
});

Deno.test("parsePredictions() keeps the last value of a repeated key in its first place, as Python", () => {
  const text = '{"0": "SELECT 0", "1": "SELECT 1", "0": "SELECT 2"}';
  assert.deepEqual(sqlOf(text), ["SELECT 2", "SELECT 1"]);
  assert.deepEqual(parsePredictions(text, "p.json").warnings, [
    '1 predictions repeat a key, of which the last value counts: key "0" is repeated',
  ]);
});

for (
  const [what, file, text, name, message] of [
    [
      "an object that does not end",
      "p.json",
      '{"0": "SELECT 1"',
      "SyntaxError",
      /^Cannot read p\.json as it must be JSON: line 1: /,
    ],
    [
      "a broken line",
      "p.jsonl",
      '{"sql": "SELECT 1"}\n{"sql": }\n',
      "SyntaxError",
      /^Cannot read p\.jsonl as it must be JSON: line 2: /,
    ],
    [
      "a string",
      "p.json",
      '"SELECT 1"',
      "TypeError",
      /^Cannot read predictions of p\.json as they must be a JSON object or list: found string$/,
    ],
    [
      "objects by key",
      "p.json",
      '{"0": {"sql": "SELECT 1"}}',
      "TypeError",
      /^Cannot read prediction "0" of p\.json as it must be a string: found \{"sql":"SELECT 1"\}$/,
    ],
    [
      "an object without SQL",
      "p.json",
      '["SELECT 1", {"answer": "SELECT 1"}]',
      "TypeError",
      /^Cannot read prediction 1 of p\.json as it must be a string or have one of predicted_sql, prediction, sql, query, SQL: found \{"answer":"SELECT 1"\}$/,
    ],
    [
      "a list in a list",
      "p.json",
      '[["SELECT 1"]]',
      "TypeError",
      /^Cannot read prediction 0 of p\.json as it must be a string or have one of .*: found \["SELECT 1"\]$/,
    ],
  ] as const
) {
  Deno.test(`parsePredictions() refuses ${what}`, () => {
    assert.throws(() => parsePredictions(text, file), { name, message });
  });
}
