import assert from "finestep/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseQuarantine } from "../../src/dataset/quarantine.ts";
import { finestep } from "../tiny/workplace.ts";

/** A folder in Spider's form with a database of two items that tie. */
async function withSpider(golds: readonly string[], use: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "database", "shop"), { recursive: true });
    using database = new DatabaseSync(join(folder, "database", "shop", "shop.sqlite"));
    database.exec("CREATE TABLE item (name TEXT, price INTEGER)");
    database.exec("INSERT INTO item VALUES ('pear', 2), ('fig', 2)");
    const questions = golds.map((query) => ({ db_id: "shop", question: "Which?", query }));
    await Deno.writeTextFile(join(folder, "dev.json"), JSON.stringify(questions));
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("finestep data check finds nothing against the fixtures", async () => {
  const { code, stdout } = await finestep("data", "check", "--json");
  const { counts, examples, broken, findings, byReason } = JSON.parse(stdout);
  assert.deepEqual(counts, {
    ...{ total: examples, rows: examples, empty: 0, error: 0, timeout: 0, found: 0 },
  });
  assert(examples > 0);
  assert.deepEqual([broken, findings, byReason], [[], [], {}]);
  assert.equal(code, 0);
});

Deno.test("finestep data check names broken and unsound gold SQL, and exits with 1", async () => {
  const golds = [
    "SELECT count(*) FROM item",
    "SELECT name FROM item ORDER BY price LIMIT 1",
    "SELECT missing FROM nowhere",
  ];
  await withSpider(golds, async (data) => {
    const { code, stdout } = await finestep("data", "check", "--data", data);
    assert.equal(code, 1);
    assert.match(stdout, /^spider dev: 3 examples, 1 databases$/m);
    assert.match(stdout, /^\| total +\| +3 \| +2 \| +0 \| +1 \| +0 \| +2 \|$/m);
    assert.match(stdout, /^\| tie_at_limit +\| +1 \| cuts rows that tie .* \|$/m);
    assert.match(stdout, /^functions: count 1$/m);
    assert.match(stdout, /^broken: example 2 of shop: error: no such table: nowhere$/m);
    assert.match(stdout, /^found: example 1 of shop: tie_at_limit$/m);
  });
});

Deno.test("finestep data check --write writes a quarantine list, the same each time", async () => {
  const golds = ["SELECT name FROM item", "SELECT name FROM item ORDER BY price LIMIT 1"];
  await withSpider(golds, async (data) => {
    const write = async (name: string) => {
      const path = join(data, name);
      const { code } = await finestep("data", "check", "--data", data, "--write", path);
      assert.equal(code, 0);
      return await Deno.readTextFile(path);
    };
    const text = await write("a.json");
    const { dataSet, counts, questions, checked } = parseQuarantine(text, "a.json");
    assert.deepEqual([dataSet.name, dataSet.split], ["spider", "dev"]);
    assert.deepEqual(counts, { tie_at_limit: 1 });
    assert.deepEqual(questions.map(({ id }) => id), ["1"]);
    assert.match(checked.sqlite, /^3\.\d+\.\d+$/);
    assert.equal(await write("b.json"), text);
  });
});

Deno.test("finestep data check lists 20 unsound questions as text, and all as JSON", async () => {
  await withSpider(Array(23).fill("SELECT name FROM item WHERE 0"), async (data) => {
    const { code, stdout } = await finestep("data", "check", "--data", data);
    assert.equal(code, 0);
    assert.equal(stdout.match(/^found: example \d+ of shop: empty$/gm)?.length, 20);
    assert.match(stdout, /^found: 3 more examples, which --json and --write list$/m);
    const { findings } = JSON.parse(
      (await finestep("data", "check", "--data", data, "--json")).stdout,
    );
    assert.equal(findings.length, 23);
    assert.deepEqual(findings[22], {
      ...{ id: "22", database: "shop", reasons: ["empty"], detail: "gives no rows" },
    });
  });
});
