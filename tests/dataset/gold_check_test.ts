import assert from "finestep/assert";
import { join } from "node:path";
import { loadDataset } from "../../src/dataset/dataset.ts";
import { checkGold, detailOf } from "../../src/dataset/gold_check.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { BirdFolder, question } from "./bird_folder.ts";
import { BIRD, NEEDS_BIRD, NEEDS_SPIDER, SPIDER } from "./real_bird.ts";

/** Prices tie at the top, and for the second place from the bottom; one name is not UTF-8. */
const ITEMS = `
  CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER);
  INSERT INTO item VALUES (1, 'pear', 1), (2, 'fig', 2), (3, 'date', 2), (4, 'plum', 5), (5, 'kiwi', 5);
  CREATE TABLE label (name TEXT);
  INSERT INTO label VALUES (CAST(x'66ff' AS TEXT));
`;

const ENDLESS =
  "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";

const LIMITS = { timeoutMs: 400, maxRows: 100 };

const CASES: readonly (readonly [sql: string, reasons: readonly string[]])[] = [
  ["SELECT name FROM item WHERE price > 1", []],
  ["SELECT name FROM item ORDER BY price LIMIT 1", []],
  ["SELECT name FROM item ORDER BY price DESC LIMIT 2", []],
  ["SELECT price FROM item ORDER BY price DESC LIMIT 1", []],
  ["SELECT name FROM item LIMIT 9", []],
  ["SELECT DISTINCT price FROM item ORDER BY price LIMIT 2", []],
  ["SELECT missing FROM nowhere", ["error"]],
  ["SELECT 1; SELECT 2", ["error"]],
  [ENDLESS, ["timeout"]],
  ["SELECT a.id, b.id, c.id FROM item a, item b, item c", ["too_large"]],
  ["SELECT name FROM label", ["invalid_text"]],
  ["SELECT name FROM item WHERE price > 99", ["empty"]],
  ["SELECT name, random() FROM item", ["random", "not_repeatable"]],
  ["SELECT count(*) FROM item WHERE random() IS NOT NULL", ["random"]],
  ["SELECT date('now')", ["current_time"]],
  ["SELECT count(*) FROM item WHERE CURRENT_TIMESTAMP > '2000'", ["current_time"]],
  ["SELECT name FROM item ORDER BY price DESC LIMIT 1", ["tie_at_limit"]],
  ["SELECT name FROM item ORDER BY price LIMIT 1 OFFSET 1", ["tie_at_limit"]],
  ["SELECT price, count(*) FROM item GROUP BY price ORDER BY count(*) DESC LIMIT 1", [
    "tie_at_limit",
  ]],
  ["SELECT name FROM item LIMIT 2", ["scan_order", "limit_without_order"]],
  ["SELECT count(*), name FROM item", ["scan_order"]],
];

/** The checks of gold SQL on the items. */
async function checksOf(golds: readonly string[]) {
  await using folder = new BirdFolder();
  folder.database("shop", ITEMS);
  folder.write("dev.json", golds.map((SQL) => question({ SQL })));
  await using pool = new SqlPool({ roots: [folder.path] });
  const dataset = await loadDataset(folder.path, { schemas: "skip" });
  return await checkGold(dataset, pool, { limits: LIMITS });
}

Deno.test("checkGold() finds what is unsound of each gold SQL, and nothing of sound ones", async () => {
  const { checks, counts, byReason } = await checksOf(CASES.map(([sql]) => sql));
  assert.deepEqual(checks.map(({ example, reasons }) => [example.goldSql, reasons]), CASES);
  assert.deepEqual(counts, { total: 21, rows: 17, empty: 1, error: 2, timeout: 1, found: 15 });
  assert.deepEqual([...byReason].slice(0, 2), [["tie_at_limit", 3], ["current_time", 2]]);
});

Deno.test("checkGold() tells what SQLite says, and what a reason means", async () => {
  const { checks, byFunction } = await checksOf([
    "SELECT missing FROM nowhere",
    "SELECT max(price) FROM item WHERE max(price, 1) > 99",
    "SELECT count(*), name FROM item",
    "SELECT count(*) FROM item",
  ]);
  assert.deepEqual(checks.map(({ outcome, message }) => [outcome, message]), [
    ["error", "no such table: nowhere"],
    ["rows", ""],
    ["rows", ""],
    ["rows", ""],
  ]);
  assert.deepEqual(checks.map(detailOf), [
    "no such table: nowhere",
    "",
    "gives other rows when SQLite reads its tables backward",
    "",
  ]);
  assert.deepEqual([...byFunction], [["count", 2], ["max", 1]]);
});

Deno.test("checkGold() says where ties could not be looked for", async () => {
  const { checks } = await checksOf([
    "SELECT name FROM item UNION SELECT name FROM label WHERE 0 ORDER BY name LIMIT 1",
    "SELECT name FROM item ORDER BY name LIMIT 1",
  ]);
  assert.deepEqual(checks.map((check) => [check.reasons, check.hasUncheckedTies]), [
    [[], true],
    [[], false],
  ]);
});

Deno.test("checkGold() does not look for ties for longer than a query may take", async () => {
  const database = { id: "shop", path: "/shop.sqlite", tables: [] };
  const goldSql = "SELECT a FROM t ORDER BY a LIMIT 1";
  const example = { id: "0", database, question: "", evidence: "", goldSql, difficulty: null };
  const asked: string[] = [];
  const { checks: [check] } = await checkGold({ examples: [example] }, {
    execute: (_path, sql) => {
      asked.push(sql);
      const rows = { columns: ["a"], rows: [[1n]], truncated: false, elapsedMs: 11_000 };
      return Promise.resolve({ kind: "rows", ...rows });
    },
  });
  assert.deepEqual([check.reasons, check.hasUncheckedTies], [[], true]);
  assert.deepEqual(asked.filter((sql) => sql.includes("random()")).length, 3);
});

Deno.test("checkGold() counts by database, in the order of the data set, and calls back", async () => {
  const database = (id: string) => ({ id, path: `/${id}.sqlite`, tables: [] });
  const examples = ["zoo", "shop", "zoo"].map((id, index) => ({
    ...{ id: String(index), database: database(id), question: "", evidence: "" },
    ...{ goldSql: "SELECT 1", difficulty: null },
  }));
  let calls = 0;
  const limits: unknown[] = [];
  const report = await checkGold({ examples }, {
    execute: (_path, _sql, given) => {
      limits.push(given);
      return Promise.resolve({ kind: "error", message: "no", elapsedMs: 3 });
    },
  }, { limits: { timeoutMs: 5 }, concurrency: 2, onChecked: () => calls++ });
  const none = { rows: 0, empty: 0, timeout: 0 };
  assert.deepEqual([...report.byDatabase], [
    ["zoo", { ...none, total: 2, error: 2, found: 2 }],
    ["shop", { ...none, total: 1, error: 1, found: 1 }],
  ]);
  assert.deepEqual(report.checks.map(({ example, elapsedMs }) => [example.id, elapsedMs]), [
    ["0", 3],
    ["1", 3],
    ["2", 3],
  ]);
  assert.equal(calls, 3);
  assert.deepEqual(limits, Array(3).fill({ timeoutMs: 5 }));
});

Deno.test({
  name: "checkGold() finds real gold SQL of BIRD that picks one of several equal rows",
  ...NEEDS_BIRD,
  fn: async () => {
    await using pool = new SqlPool({ roots: [BIRD] });
    const dev = await loadDataset(join(BIRD, "dev_20240627"), { schemas: "skip" });
    const { counts, byReason } = await checkGold(dev, pool);
    assert.deepEqual(counts, {
      ...{ total: 287, rows: 287, empty: 0, error: 0, timeout: 0, found: 13 },
    });
    assert.deepEqual(Object.fromEntries(byReason), {
      ...{ tie_at_limit: 11, limit_without_order: 2, scan_order: 2 },
    });
  },
});

Deno.test({
  name: "checkGold() finds real gold SQL of Spider that does not run or gives no rows",
  ...NEEDS_SPIDER,
  fn: async () => {
    await using pool = new SqlPool({ roots: [SPIDER] });
    const { examples } = await loadDataset(SPIDER, { schemas: "skip" });
    const ids = ["48", "58", "60", "1565", "3139", "4417"];
    const chosen = ids.map((id) => examples[Number(id)]);
    const { checks } = await checkGold({ examples: chosen }, pool);
    assert.deepEqual(checks.map(({ example, reasons }) => [example.id, reasons]), [
      ["48", ["empty"]],
      ["58", ["tie_at_limit"]],
      ["60", []],
      ["1565", ["scan_order"]],
      ["3139", ["error"]],
      ["4417", ["error"]],
    ]);
  },
});
