import assert from "finestep/assert";
import { DatabaseSync } from "node:sqlite";
import type { Column, Example } from "../../src/dataset/example.ts";
import { parseAction } from "../../src/env/parse.ts";
import { createTables, quotedName, SQL_PROTOCOL, sqlPrompt } from "../../src/tasks/sql_prompt.ts";

const column = (name: string, type: string, rest: Partial<Column> = {}): Column => ({
  name,
  type,
  description: "",
  exampleValues: [],
  isPrimaryKey: false,
  references: null,
  ...rest,
});

const EXAMPLE: Example = {
  id: "3",
  database: {
    id: "shops",
    path: "/data/shops.sqlite",
    tables: [
      {
        name: "city",
        columns: [
          column("id", "INTEGER", { isPrimaryKey: true, exampleValues: ["1", "2"] }),
          column("city_name", "TEXT", {
            description: "City Name",
            exampleValues: ["Nord\nLake", "Bern"],
          }),
        ],
      },
      {
        name: "order",
        columns: [
          column("city_id", "INTEGER", {
            isPrimaryKey: true,
            references: { table: "city", column: "id" },
          }),
          column("Order Day", "DATE", { isPrimaryKey: true, description: "day of\nthe order" }),
          column("note", ""),
        ],
      },
    ],
  },
  question: "How many orders came from Bern?",
  evidence: "",
  goldSql: "SELECT 1",
  difficulty: "simple",
};

Deno.test("sqlPrompt() full: schema, keys, comments, example values, evidence and question", () => {
  const example = { ...EXAMPLE, evidence: "Bern refers to city_name = 'Bern'" };
  const [, user] = sqlPrompt(example, "full");
  assert.deepEqual(user, {
    role: "user",
    content: `\
Database engine:
SQLite

Database schema:
CREATE TABLE city (
    id INTEGER, -- example: [1, 2]
    city_name TEXT, -- City Name, example: [Nord Lake, Bern]
    PRIMARY KEY (id)
);

CREATE TABLE \`order\` (
    city_id INTEGER,
    \`Order Day\` DATE, -- day of the order
    note,
    PRIMARY KEY (city_id, \`Order Day\`),
    FOREIGN KEY (city_id) REFERENCES city (id)
);

Question:
Bern refers to city_name = 'Bern'
How many orders came from Bern?`,
  });
});

Deno.test("sqlPrompt() full: the question stands alone without evidence", () => {
  const [, user] = sqlPrompt(EXAMPLE, "full");
  assert.ok(user.content.endsWith("\n\nQuestion:\nHow many orders came from Bern?"));
});

Deno.test("sqlPrompt() full: the system message describes tool, modes and instructions", () => {
  const [system] = sqlPrompt(EXAMPLE, "full");
  assert.equal(system.role, "system");
  const tools = /<tools>\n(.*)\n<\/tools>/.exec(system.content)?.[1];
  assert.equal(
    tools,
    '{"type": "function", "function": {"name": "execute_sql", "description": "Runs one read-only SQLite query on the database and returns its first rows, or the error message.", "parameters": {"type": "object", "properties": {"sql": {"type": "string", "description": "The query to run."}}, "required": ["sql"]}}}',
  );
  for (const word of ["Precision", "Completeness", "Correctness", "tool testing", "Never mix"]) {
    assert.ok(system.content.includes(word), word);
  }
});

Deno.test("sqlPrompt() full: each option it shows is a message that the environment reads", () => {
  const [{ content }] = sqlPrompt(EXAMPLE, "full");
  const shown = content.match(/<reasoning>[^]*?<\/(?:tool_call|answer)>/g) ?? [];
  assert.deepEqual(shown.map((text) => parseAction(text, SQL_PROTOCOL).kind), [
    "toolCall",
    "answer",
  ]);
});

Deno.test("sqlPrompt() compact: one user message with the same fields", () => {
  assert.deepEqual(sqlPrompt(EXAMPLE, "compact"), [{
    role: "user",
    content: `\
city(id INTEGER PK [1,2], city_name TEXT [Nord Lake,Bern])
\`order\`(city_id INTEGER PK -> city.id, \`Order Day\` DATE PK "day of the order", note)
question: How many orders came from Bern?`,
  }]);
});

Deno.test("sqlPrompt() compact: evidence comes before the question", () => {
  const example = { ...EXAMPLE, evidence: "Bern is in Switzerland" };
  const [{ content }] = sqlPrompt(example, "compact");
  assert.match(content, /\nevidence: Bern is in Switzerland\nquestion: How many/);
});

Deno.test("sqlPrompt() never shows the gold SQL, the id or the difficulty", () => {
  const example = { ...EXAMPLE, id: "id-317", goldSql: "SELECT 271828" };
  for (const template of ["full", "compact"] as const) {
    const text = JSON.stringify(sqlPrompt(example, template));
    assert.doesNotMatch(text, /271828|id-317|simple/);
  }
});

Deno.test("createTables() writes a schema that SQLite takes", () => {
  using database = new DatabaseSync(":memory:");
  database.exec(createTables(EXAMPLE.database));
  const names = database.prepare("SELECT name FROM pragma_table_info('order')").all();
  assert.deepEqual(names.map(({ name }) => name), ["city_id", "Order Day", "note"]);
});

Deno.test("quotedName() quotes what SQLite would not take as a name", () => {
  using database = new DatabaseSync(":memory:");
  const names = ["plain", "Order", "values", "2nd", "a-b", "a`b", "percent (%)", "é", "NOT", "KEY"];
  for (const name of names) {
    database.exec(`CREATE TABLE ${quotedName(name)} (${quotedName(name)})`);
  }
  const stored = database.prepare("SELECT name FROM sqlite_schema").all();
  assert.deepEqual(stored.map(({ name }) => name), names);
  assert.deepEqual(names.map(quotedName).filter((quoted) => !quoted.startsWith("`")), [
    "plain",
    "KEY",
  ]);
});
