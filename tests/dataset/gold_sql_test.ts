import assert from "finestep/assert";
import { functionsOf, withShuffledTies } from "../../src/dataset/gold_sql.ts";

for (
  const [sql, functions] of [
    ["SELECT name FROM item WHERE id IN (1, 2) AND (price > 1 OR NOT (price > 2))", []],
    ["SELECT Upper(name), CAST(price AS INT) FROM item WHERE strftime ('%Y', day) = ''", [
      "strftime",
      "upper",
    ]],
    ["WITH total(n) AS (SELECT count(*) FROM item) SELECT n FROM total", ["count"]],
    ["SELECT rank() OVER (PARTITION BY kind ORDER BY price) FROM item", ["rank"]],
    ["SELECT 'sum(1)', \"max\" FROM item -- min(2)", []],
    ["SELECT CURRENT_DATE", ["current_date"]],
  ] as const
) {
  Deno.test(`functionsOf() finds ${functions.join(", ") || "none"} in ${sql}`, () => {
    assert.deepEqual(functionsOf(sql), functions);
  });
}

for (
  const [sql, shuffled, isOrdered] of [
    [
      "SELECT a FROM t ORDER BY a, b LIMIT 2, 3",
      "select a from t order by a , b , random() limit 2 , 3",
      true,
    ],
    ["SELECT a FROM t LIMIT 1;", "select a from t order by random() limit 1 ;", false],
    [
      "SELECT a FROM (SELECT a FROM t ORDER BY b LIMIT 9) LIMIT 1",
      "select a from ( select a from t order by b limit 9 ) order by random() limit 1",
      false,
    ],
    [
      "SELECT a FROM t ORDER BY (SELECT b FROM u LIMIT 1) LIMIT 1",
      "select a from t order by ( select b from u limit 1 ) , random() limit 1",
      true,
    ],
    [
      "SELECT rank() OVER (ORDER BY a) FROM t LIMIT 1",
      "select rank ( ) over ( order by a ) from t order by random() limit 1",
      false,
    ],
  ] as const
) {
  Deno.test(`withShuffledTies() shuffles what ties in ${sql}`, () => {
    assert.deepEqual(withShuffledTies(sql), { sql: shuffled, isOrdered });
  });
}

for (
  const sql of [
    "SELECT a FROM t ORDER BY a",
    "SELECT a FROM t WHERE a = (SELECT a FROM t ORDER BY b LIMIT 1)",
    "SELECT 'x LIMIT 1', \"limit\" FROM t",
    "",
  ]
) {
  Deno.test(`withShuffledTies() finds no LIMIT in "${sql}"`, () => {
    assert.equal(withShuffledTies(sql), null);
  });
}
