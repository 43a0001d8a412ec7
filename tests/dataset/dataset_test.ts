import assert from "finestep/assert";
import { join } from "node:path";
import { loadDataset, readQuestions } from "../../src/dataset/dataset.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { BirdFolder, IN_PROCESS, question } from "./bird_folder.ts";
import { BIRD, NEEDS_BIRD, NEEDS_SPIDER, SPIDER } from "./real_bird.ts";

const pool = IN_PROCESS;

const SHOP = `
  CREATE TABLE item (id INTEGER PRIMARY KEY, "Unit price" REAL, name TEXT);
  CREATE TABLE sale (item_id INTEGER REFERENCES ITEM, day TEXT, note BLOB,
    FOREIGN KEY (day) REFERENCES calendar (day));
  INSERT INTO item VALUES (1, 2.0, 'pear'), (2, 2.0, NULL), (3, 1.5, 'apple'), (4, 3.5, 'fig');
  INSERT INTO sale VALUES (3, '${"x".repeat(60)}', x'00ff'), (1, '', NULL);
  CREATE INDEX item_name ON item (name);
`;

function shopFolder(): BirdFolder {
  const folder = new BirdFolder();
  folder.write("dev.json", [question({ question_id: 4, difficulty: "simple" })]);
  folder.database("shop", SHOP);
  return folder;
}

Deno.test("loadDataset() joins questions with the schema of their SQLite file", async () => {
  await using folder = shopFolder();
  const dataset = await loadDataset(folder.path, { pool });
  const path = join(folder.path, "dev_databases", "shop", "shop.sqlite");
  const column = { description: "", exampleValues: [], isPrimaryKey: false, references: null };
  assert.deepEqual(dataset.databases, [{
    id: "shop",
    path,
    tables: [
      {
        name: "item",
        columns: [
          { ...column, name: "id", type: "INTEGER", exampleValues: ["1", "2"], isPrimaryKey: true },
          { ...column, name: "Unit price", type: "REAL", exampleValues: ["2.0", "1.5"] },
          { ...column, name: "name", type: "TEXT", exampleValues: ["pear", "apple"] },
        ],
      },
      {
        name: "sale",
        columns: [
          {
            ...column,
            name: "item_id",
            type: "INTEGER",
            exampleValues: ["3", "1"],
            references: { table: "item", column: "id" },
          },
          { ...column, name: "day", type: "TEXT", exampleValues: ["x".repeat(40), ""] },
          { ...column, name: "note", type: "BLOB" },
        ],
      },
    ],
  }]);
  assert.equal(dataset.examples.length, 1);
  assert.equal(dataset.examples[0].id, "4");
  assert.equal(dataset.examples[0].database, dataset.databases[0]);
});

Deno.test("loadDataset() says which files it read", async () => {
  await using folder = shopFolder();
  folder.write("dev_gold.sql", "SELECT 1\tshop\n");
  const { name, split, files, warnings } = await loadDataset(folder.path, { pool });
  assert.deepEqual([name, split, warnings], ["bird", "dev", []]);
  assert.deepEqual(files, {
    questions: join(folder.path, "dev.json"),
    databases: join(folder.path, "dev_databases"),
    tables: null,
    gold: null,
  });
});

Deno.test("loadDataset() warns where the gold file beside the questions differs from them", async () => {
  await using folder = shopFolder();
  const gold = join(folder.path, "dev_gold.sql");
  folder.write("dev_gold.sql", "SELECT  1\tshop\nSELECT 2\tshop\n");
  assert.deepEqual((await loadDataset(folder.path, { pool })).warnings, [
    `${gold} has 2 lines for 1 questions`,
  ]);
  folder.write("dev_gold.sql", "SELECT 2\tzoo\n");
  const { examples, warnings } = await loadDataset(folder.path, { pool });
  assert.deepEqual(warnings, [
    `${gold} names another database than 1 questions: line 1 is of "zoo", question 4 of "shop"`,
    `${gold} has other SQL than 1 questions: line 1 is "SELECT 2", question 4 has "SELECT 1"`,
  ]);
  assert.deepEqual([examples[0].goldSql, examples[0].database.id], ["SELECT 1", "shop"]);
});

Deno.test("loadDataset() takes gold SQL and databases from a gold file, by position", async () => {
  await using folder = shopFolder();
  folder.write("dev.json", [question(), question({ question: "Which?" }), question()]);
  folder.database("zoo", "CREATE TABLE animal (id)");
  folder.write("other.sql", "SELECT 2\tzoo\nSELECT 3\tshop\n");
  const gold = join(folder.path, "other.sql");
  const { examples, files, warnings } = await loadDataset(folder.path, { gold, schemas: "skip" });
  assert.equal(files.gold, gold);
  assert.deepEqual(
    examples.map(({ question, goldSql, database }) => [question, goldSql, database.id]),
    [["How many?", "SELECT 2", "zoo"], ["Which?", "SELECT 3", "shop"]],
  );
  assert.deepEqual(warnings.map((warning) => warning.slice(gold.length)), [
    " has 2 lines for 3 questions",
    ' names another database than 1 questions: line 1 is of "zoo", question 0 of "shop"',
    ' has other SQL than 2 questions: line 1 is "SELECT 2", question 0 has "SELECT 1"',
  ]);
});

Deno.test("loadDataset() runs no SQL and reads no description where schemas are skipped", async () => {
  await using folder = shopFolder();
  folder.write("dev_databases/shop/database_description/item.csv", "no header\n");
  const path = join(folder.path, "dev_databases", "shop", "shop.sqlite");
  const { examples, databases, warnings } = await loadDataset(folder.path, { schemas: "skip" });
  assert.deepEqual([databases, warnings], [[{ id: "shop", path, tables: [] }], []]);
  assert.equal(examples[0].database, databases[0]);
  await Deno.remove(path);
  await assert.rejects(
    loadDataset(folder.path, { schemas: "skip" }),
    /1 of 1 databases are missing/,
  );
});

Deno.test("loadDataset() reads Spider's folder", async () => {
  await using folder = new BirdFolder();
  folder.write("train_spider.json", [
    { db_id: "shop", question: "How many items?", query: "SELECT count(*) FROM item" },
  ]);
  folder.database("shop", SHOP, "database");
  folder.write("tables.json", [{
    db_id: "shop",
    table_names_original: ["item"],
    column_names_original: [[-1, "*"], [0, "id"], [0, "Unit price"], [0, "name"]],
  }]);
  const { name, split, examples, databases, warnings } = await loadDataset(folder.path, { pool });
  assert.deepEqual([name, split], ["spider", "train"]);
  assert.deepEqual(databases[0].tables.map(({ name }) => name), ["item", "sale"]);
  assert.deepEqual(examples, [{
    id: "0",
    database: databases[0],
    question: "How many items?",
    evidence: "",
    goldSql: "SELECT count(*) FROM item",
    difficulty: null,
  }]);
  assert.deepEqual(warnings, [
    '3 columns are in the SQLite file of "shop" but not listed, such as sale.item_id',
  ]);
});

Deno.test("loadDataset() reads several splits beside one folder of databases", async () => {
  await using folder = shopFolder();
  folder.write("train.json", [question(), question({ question: "Which?" })]);
  const train = await loadDataset(folder.path, { pool, split: "train" });
  assert.deepEqual(train.examples.map(({ id, question }) => [id, question]), [
    ["0", "How many?"],
    ["1", "Which?"],
  ]);
  assert.equal(train.files.databases, join(folder.path, "dev_databases"));
  assert.equal((await loadDataset(folder.path, { pool })).split, "dev");
});

Deno.test("loadDataset() prefers the split's own databases", async () => {
  await using folder = shopFolder();
  folder.write("train.json", [question()]);
  folder.database("shop", "CREATE TABLE other (id)", "train_databases");
  const { databases } = await loadDataset(folder.path, { pool, split: "train" });
  assert.deepEqual(databases[0].tables.map(({ name }) => name), ["other"]);
});

Deno.test("loadDataset() takes the only question file there is as the default split", async () => {
  await using folder = new BirdFolder();
  folder.database("shop", SHOP);
  folder.write("mini_dev_sqlite.jsonl", `${JSON.stringify(question())}\n`);
  const { split, examples } = await loadDataset(folder.path, { pool });
  assert.deepEqual([split, examples.length], ["mini_dev", 1]);
});

Deno.test("loadDataset() joins descriptions whatever the case of names and the encoding", async () => {
  await using folder = shopFolder();
  const csv =
    "original_column_name,column_name,column_description,data_format,value_description\n" +
    "NAME ,,the fruit\u00e9,text,\n";
  folder.write(
    "dev_databases/shop/database_description/Item.csv",
    Uint8Array.from(csv, (letter) => letter.charCodeAt(0)),
  );
  const { databases: [{ tables: [item] }], warnings } = await loadDataset(folder.path, { pool });
  assert.deepEqual(item.columns.map(({ description }) => description), ["", "", "the fruité"]);
  assert.deepEqual(warnings, []);
});

Deno.test("loadDataset() goes on without descriptions that are no CSV, and warns", async () => {
  await using folder = shopFolder();
  folder.write("dev_databases/shop/database_description/item.csv", 'original_column_name\n"id\n');
  const { databases, warnings } = await loadDataset(folder.path, { pool });
  assert.equal(databases[0].tables[0].columns[0].description, "");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^Cannot read .*item\.csv as it must be CSV: /);
});

Deno.test("loadDataset() warns where the list of tables and the SQLite file differ", async () => {
  await using folder = shopFolder();
  folder.write("dev_tables.json", [{
    db_id: "shop",
    table_names_original: ["Item", "sale"],
    column_names_original: [
      [-1, "*"],
      [0, "ID"],
      [0, "Unit price"],
      [0, "weight"],
      [1, "item_id"],
      [1, "day"],
      [1, "note"],
    ],
  }]);
  assert.deepEqual((await loadDataset(folder.path, { pool })).warnings, [
    '1 columns are listed for "shop" but not in its SQLite file, such as Item.weight',
    '1 columns are in the SQLite file of "shop" but not listed, such as item.name',
  ]);
  folder.write("dev_tables.json", []);
  assert.deepEqual((await loadDataset(folder.path, { pool })).warnings, [
    'database "shop" is not in the list of tables',
  ]);
});

Deno.test("loadDataset() refuses a broken list of tables", async () => {
  await using folder = shopFolder();
  folder.write("dev_tables.json", "[\n{]");
  await assert.rejects(loadDataset(folder.path, { pool }), {
    name: "SyntaxError",
    message: /dev_tables\.json as it must be JSON: line 2/,
  });
});

Deno.test("loadDataset() reads example values of more columns than a compound SELECT may have", async () => {
  await using folder = shopFolder();
  const names = Array.from({ length: 25 }, (_, index) => `c${index}`);
  folder.database(
    "wide",
    `CREATE TABLE t (${names}); INSERT INTO t VALUES (${names.map((_, i) => i)})`,
  );
  folder.write("dev.json", [question({ db_id: "wide" })]);
  const { databases: [{ tables: [{ columns }] }] } = await loadDataset(folder.path, { pool });
  assert.deepEqual(
    columns.map(({ exampleValues }) => exampleValues),
    names.map((_, i) => [String(i)]),
  );
});

Deno.test("loadDataset() keeps the values of other columns when one cannot be read", async () => {
  await using folder = shopFolder();
  const refusing: typeof pool = {
    execute: (path, sql, limits) =>
      sql.includes('"name"')
        ? Promise.resolve({ kind: "error", message: "Could not decode", elapsedMs: 0 })
        : pool.execute(path, sql, limits),
  };
  const { databases: [{ tables: [item] }] } = await loadDataset(folder.path, { pool: refusing });
  assert.deepEqual(item.columns.map(({ exampleValues }) => exampleValues), [
    ["1", "2"],
    ["2.0", "1.5"],
    [],
  ]);
});

Deno.test("loadDataset() names a folder, question file or folder of databases that is missing", async () => {
  await using folder = new BirdFolder();
  const { path } = folder;
  const refused = (message: string) => assert.rejects(loadDataset(path, { pool }), { message });
  await refused(
    `Cannot load BIRD as its question file is missing: ` +
      `expected ${join(path, "dev.json")} or ${join(path, "dev.jsonl")}`,
  );
  folder.write("dev.json", [question()]);
  await refused(
    `Cannot load BIRD as its databases are missing: ` +
      `expected ${join(path, "dev_databases")} or ${join(path, "train_databases")}`,
  );
  folder.write("dev_databases/readme.txt", "");
  await refused(
    `Cannot load BIRD as 1 of 1 databases are missing: ` +
      `expected ${join(path, "dev_databases", "shop", "shop.sqlite")}`,
  );
  await assert.rejects(loadDataset(join(path, "none"), { pool }), {
    message: `Cannot load BIRD as its folder is missing: expected ${join(path, "none")}`,
  });
});

Deno.test("loadDataset() names a database file that SQLite cannot read", async () => {
  await using folder = shopFolder();
  folder.write("dev_databases/shop/shop.sqlite", "no database at all ".repeat(100));
  await assert.rejects(loadDataset(folder.path, { pool }), {
    message: /^Cannot read the schema of .*shop\.sqlite as it must be a readable SQLite file: /,
  });
});

Deno.test("readQuestions() reads a file with a byte order mark", async () => {
  await using folder = new BirdFolder();
  folder.write("dev.json", `\ufeff${JSON.stringify([question()])}`);
  assert.equal((await readQuestions(join(folder.path, "dev.json"))).length, 1);
});

Deno.test({
  name: "loadDataset() reads the real dev release through the pool",
  ...NEEDS_BIRD,
  fn: async () => {
    await using pool = new SqlPool({ roots: [BIRD] });
    const { examples, databases, warnings } = await loadDataset(join(BIRD, "dev_20240627"), {
      pool,
    });
    const countOf = (difficulty: string) =>
      examples.filter((example) => example.difficulty === difficulty).length;
    assert.equal(examples.length, 287);
    assert.deepEqual(["simple", "moderate", "challenging"].map(countOf), [182, 81, 24]);
    assert.deepEqual(databases.map(({ id, tables }) => [id, tables.length]), [
      ["superhero", 10],
      ["student_club", 8],
    ]);
    assert.deepEqual(warnings, []);
    const zip = databases[1].tables.find(({ name }) => name === "member")!.columns[7];
    assert.deepEqual(zip, {
      name: "zip",
      type: "INTEGER",
      description: "the zip code of the member's hometown",
      exampleValues: ["55108", "29440"],
      isPrimaryKey: false,
      references: { table: "zip_code", column: "zip_code" },
    });
  },
});

Deno.test({
  name: "readQuestions() reads the same mini-dev from .json and .jsonl",
  ...NEEDS_BIRD,
  fn: async () => {
    const file = join(BIRD, "mini_dev", "mini_dev_sqlite.json");
    const questions = await readQuestions(file);
    assert.equal(questions.length, 100);
    assert.deepEqual(await readQuestions(`${file}l`), questions);
  },
});

Deno.test({
  name: "readQuestions() reads the real train file",
  ...NEEDS_BIRD,
  fn: async () => {
    const questions = await readQuestions(join(BIRD, "train", "train.json"));
    assert.equal(questions.length, 9428);
    assert.equal(new Set(questions.map(({ databaseId }) => databaseId)).size, 69);
    assert.deepEqual([questions[9427].id, questions[9427].difficulty], ["9427", null]);
  },
});

Deno.test({
  name: "loadDataset() finds the real gold files to agree with their questions",
  ...NEEDS_BIRD,
  fn: async () => {
    for (
      const [folder, name, count] of [["dev_20240627", "dev", 287], [
        "mini_dev",
        "mini_dev_sqlite",
        100,
      ]]
    ) {
      const gold = join(BIRD, String(folder), `${name}_gold.sql`);
      const { examples, warnings } = await loadDataset(join(BIRD, String(folder)), {
        gold,
        schemas: "skip",
      });
      assert.equal(examples.length, count);
      assert.deepEqual(warnings, []);
    }
  },
});

Deno.test({
  name: "loadDataset() names the real folders to choose from",
  ...NEEDS_BIRD,
  fn: async () => {
    await assert.rejects(loadDataset(BIRD, { schemas: "skip" }), {
      message: `Cannot load a data set as a folder must hold one: ${BIRD} holds ` +
        `${join(BIRD, "dev_20240627")}, ${join(BIRD, "mini_dev")}`,
    });
    assert.equal(
      (await loadDataset(BIRD, { split: "mini_dev", schemas: "skip" })).examples.length,
      100,
    );
  },
});

Deno.test({
  name: "loadDataset() reads the real Spider data",
  ...NEEDS_SPIDER,
  fn: async () => {
    const { name, split, examples, databases } = await loadDataset(SPIDER, { schemas: "skip" });
    assert.deepEqual([name, split, examples.length, databases.length], [
      "spider",
      "train",
      6904,
      138,
    ]);
  },
});
