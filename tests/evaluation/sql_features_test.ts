import assert from "node:assert/strict";
import { ordersRows, sqlFeatures } from "../../src/evaluation/sql_features.ts";

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
