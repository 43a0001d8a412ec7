import assert from "finestep/assert";
import { parseQuestions, parseTables } from "../../src/dataset/bird_format.ts";

const QUESTION = {
  question_id: 7,
  db_id: "shop",
  question: "How many?",
  evidence: "e",
  SQL: "SELECT 1",
};

const text = (...fields: readonly object[]) =>
  JSON.stringify(fields.map((changed) => ({ ...QUESTION, ...changed })));

Deno.test("parseQuestions() reads a question with its difficulty", () => {
  assert.deepEqual(parseQuestions(text({ difficulty: "moderate" }), "dev.json"), [{
    id: "7",
    databaseId: "shop",
    question: "How many?",
    evidence: "e",
    goldSql: "SELECT 1",
    difficulty: "moderate",
  }]);
});

Deno.test("parseQuestions() takes the position as id and null as difficulty where there is none", () => {
  const file = text({ question_id: undefined }, { question_id: undefined, evidence: undefined });
  const [first, second] = parseQuestions(file, "train.json");
  assert.deepEqual([first.id, second.id], ["0", "1"]);
  assert.deepEqual([first.difficulty, second.evidence], [null, ""]);
});

Deno.test("parseQuestions() reads the same from JSON lines as from an array, whatever the ending", () => {
  const lines = `${JSON.stringify(QUESTION)}\n${JSON.stringify({ ...QUESTION, question_id: 8 })}\n`;
  const array = text({}, { question_id: 8 });
  const expected = parseQuestions(array, "mini.json");
  assert.equal(expected.length, 2);
  for (const [content, file] of [[lines, "mini.jsonl"], [lines, "dev.json"], [array, "x.jsonl"]]) {
    assert.deepEqual(parseQuestions(content, file), expected);
  }
});

Deno.test("parseQuestions() reads Spider's questions, which call the gold SQL a query", () => {
  const spiders = { db_id: "shop", question: "How many?", query: "SELECT 1", sql: { from: [] } };
  assert.deepEqual(parseQuestions(JSON.stringify([spiders]), "train_spider.json"), [{
    id: "0",
    databaseId: "shop",
    question: "How many?",
    evidence: "",
    goldSql: "SELECT 1",
    difficulty: null,
  }]);
  assert.throws(() => parseQuestions(JSON.stringify([{ ...spiders, query: 3 }]), "dev.json"), {
    message: 'Cannot read question 0 of dev.json as "query" is wrong: ' +
      "Invalid input: expected string, received number",
  });
});

Deno.test("parseQuestions() names the field, the index and the question_id of a mistake", () => {
  assert.throws(() => parseQuestions(text({}, { question_id: 8, db_id: 3 }), "dev.json"), {
    name: "TypeError",
    message: 'Cannot read question 1 (question_id 8) of dev.json as "db_id" is wrong: ' +
      "Invalid input: expected string, received number",
  });
  assert.throws(() => parseQuestions(text({ SQL: undefined }), "dev.json"), /"SQL" is wrong/);
  assert.throws(
    () => parseQuestions(text({ difficulty: "hard" }), "dev.json"),
    /"difficulty" is wrong/,
  );
  assert.throws(
    () => parseQuestions("[3]", "dev.json"),
    /question 0 of dev\.json as the entry is wrong/,
  );
});

Deno.test("parseQuestions() refuses two questions with the same id", () => {
  assert.throws(() => parseQuestions(text({}, { question_id: 1 }, {}), "dev.json"), {
    name: "RangeError",
    message: "Cannot read dev.json as question_ids must differ: questions 0 and 2 are both 7",
  });
});

Deno.test("parseQuestions() refuses an object where a list belongs", () => {
  assert.throws(() => parseQuestions('{\n "0": "SELECT 1"\n}', "dev.json"), {
    name: "TypeError",
    message: "Cannot read dev.json as it must be a JSON array: found object",
  });
});

for (
  const [what, line, json] of [
    ["a missing comma", 2, '[{"a": 1},\n{"b" 2}]'],
    ["an unquoted word", 2, '[{"question_id": 1,\n"db_id": foo},\n{"question_id": 2}]'],
    ["a comma too many", 3, '[{"question": "a b c d e f g h i j k"},\n{"question": "a"},\n, {}]'],
    ["a line break in a string", 2, '[{"a": 1},\n{"b": "x\n"}]'],
    ["an early end", 3, '[\n{"a": 1},\n'],
    ["text after the end", 2, "[]\nx"],
    ["an empty file", 1, ""],
  ] as const
) {
  Deno.test(`parseQuestions() names the line of ${what}`, () => {
    assert.throws(() => parseQuestions(json, "dev.json"), (error: Error) => {
      assert.equal(error.name, "SyntaxError");
      assert.match(
        error.message,
        RegExp(`^Cannot read dev\\.json as it must be JSON: line ${line}: [^\\n]+$`),
      );
      return true;
    });
  });
}

Deno.test("parseQuestions() names the line of a mistake in JSON lines", () => {
  const lines = `${JSON.stringify(QUESTION)}\n\n{"question_id": }\n`;
  assert.throws(() => parseQuestions(lines, "mini.jsonl"), /line 3: Unexpected token/);
});

Deno.test("parseTables() gives the columns of each table without the star", () => {
  const listed = {
    db_id: "shop",
    table_names_original: ["item", "Sale"],
    column_names_original: [[-1, "*"], [0, "id"], [1, "item_id"], [0, "price"]],
    primary_keys: [1, [2, 3]],
  };
  assert.deepEqual(parseTables(JSON.stringify([listed]), "dev_tables.json"), [
    { id: "shop", tables: ["item", "Sale"], columns: [["id", "price"], ["item_id"]] },
  ]);
});

Deno.test("parseTables() names the database and the place of a mistake", () => {
  const listed = {
    db_id: "shop",
    table_names_original: ["item"],
    column_names_original: [["0", "id"]],
  };
  assert.throws(() => parseTables(JSON.stringify([listed]), "dev_tables.json"), {
    name: "TypeError",
    message: "Cannot read database 0 (db_id shop) of dev_tables.json as " +
      '"column_names_original.0.0" is wrong: Invalid input: expected number, received string',
  });
});
