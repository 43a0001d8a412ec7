import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ordersRows,
  SQL_FEATURES,
  type SqlFeature,
  sqlFeatures,
} from "../../src/evaluation/sql_features.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";

/** Features, separated by spaces, by query. */
const CASES: Readonly<Record<string, string>> = {
  "SELECT name FROM t WHERE id = 1": "",
  "select a from t inner join u on t.id = u.id": "join",
  "SELECT a FROM t, u WHERE t.id = u.id": "join",
  "SELECT a FROM (t, u)": "join",
  "SELECT a, b FROM t WHERE f(a, b) IN (1, 2) ORDER BY a, b": "ordering",
  "SELECT value FROM json_each('[1, 2]', '$')": "",
  "SELECT a IS DISTINCT FROM b, c": "",
  "SELECT a FROM t JOIN u USING (a, b)": "join",
  "SELECT count(*), SUM (x) FROM t": "aggregation",
  "SELECT max(a, b), min(f(1, 2), 3) FROM t": "",
  "SELECT max(f(a, b)) FROM t": "aggregation",
  "SELECT sum(x) OVER (ORDER BY y) FROM t": "ordering",
  "SELECT count FROM t": "",
  'SELECT "count"(a) FROM t': "",
  "SELECT a FROM t GROUP BY a HAVING COUNT(*) > 1": "aggregation grouping",
  "SELECT a FROM t WHERE id IN (SELECT id FROM u)": "nesting",
  "WITH c AS (SELECT 1) SELECT * FROM c": "nesting",
  "SELECT a FROM t UNION ALL SELECT b FROM u": "set_operation",
  "SELECT a FROM t INTERSECT SELECT b FROM u EXCEPT SELECT 1": "set_operation",
  "SELECT a FROM t ORDER BY a LIMIT 1": "ordering limit",
  "SELECT strftime('%Y', d) FROM t": "date_function",
  "SELECT julianday(a) - julianday(b), date FROM t": "date_function",
  "SELECT CURRENT_TIMESTAMP": "date_function",
  "SELECT date, \"join\", 'ORDER BY x LIMIT 1' FROM t -- UNION": "",
};

Deno.test("sqlFeatures() tells features by their tokens", () => {
  for (const [sql, features] of Object.entries(CASES)) {
    assert.equal(sqlFeatures(sql).join(" "), features, sql);
  }
});

Deno.test("ordersRows() sees an ORDER BY outside of all parentheses only", () => {
  const ordered = [
    "SELECT a FROM t ORDER BY a",
    "SELECT a FROM t UNION SELECT b FROM u order\nby 1 DESC LIMIT 3",
    "WITH c AS (SELECT 1) SELECT * FROM c ORDER BY (SELECT 1)",
  ];
  const unordered = [
    "SELECT a FROM t",
    "SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 3)",
    "SELECT row_number() OVER (ORDER BY a) FROM t",
    "SELECT 'ORDER BY a' AS \"order\" -- ORDER BY a",
  ];
  assert.deepEqual(ordered.filter((sql) => !ordersRows(sql)), []);
  assert.deepEqual(unordered.filter(ordersRows), []);
});

// Patterns on text without strings and quoted names: another way to tell the same features.
const PATTERNS: Readonly<Record<SqlFeature, RegExp>> = {
  join: /\bJOIN\b/i,
  aggregation: /\b(?:count|sum|avg|min|max)\s*\(/i,
  grouping: /\bGROUP\s+BY\b/i,
  nesting: /\(\s*SELECT\b/i,
  set_operation: /\b(?:UNION|INTERSECT|EXCEPT)\b/i,
  ordering: /\bORDER\s+BY\b/i,
  limit: /\bLIMIT\b/i,
  date_function: /\b(?:date|time|datetime|julianday|strftime)\s*\(|\bcurrent_(?:date|timestamp)\b/i,
};

/** The gold queries of a question file for which the patterns tell other features. */
async function differing(path: string): Promise<string[]> {
  const golds: string[] = JSON.parse(await Deno.readTextFile(path)).map(
    ({ SQL }: { SQL: string }) => SQL,
  );
  assert(golds.length > 100);
  return golds.filter((sql) => {
    const bare = sql.replace(/'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\[[^\]]*\]/g, " q ");
    const expected = SQL_FEATURES.filter((feature) => PATTERNS[feature].test(bare));
    return sqlFeatures(sql).join() !== expected.join();
  });
}

Deno.test("sqlFeatures() agrees with plain patterns on the gold queries of minibird", async () => {
  const train = new URL("../../fixtures/minibird/train.json", import.meta.url);
  assert.deepEqual(await differing(fileURLToPath(train)), []);
});

Deno.test({
  name: "sqlFeatures() agrees with plain patterns on BIRD's train set, but for one window function",
  ...NEEDS_BIRD,
  fn: async () => {
    const [windowed, ...others] = await differing(join(BIRD, "train/train.json"));
    assert.match(windowed, /COUNT\(T1\.ELITEID\) OVER \(/);
    assert.deepEqual(others, []);
  },
});
