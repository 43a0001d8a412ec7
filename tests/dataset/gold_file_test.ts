import assert from "finestep/assert";
import { parseGold } from "../../src/dataset/gold_file.ts";

Deno.test("parseGold() reads lines with any line break and outer space", () => {
  assert.deepEqual(parseGold(" SELECT 1\tshop\r\nSELECT 2 ;\tzoo", "dev_gold.sql"), [
    { sql: "SELECT 1", databaseId: "shop" },
    { sql: "SELECT 2 ;", databaseId: "zoo" },
  ]);
  assert.deepEqual(parseGold("", "dev_gold.sql"), []);
});

for (
  const [what, text, rest] of [
    ["a line without a database", "SELECT 1\tshop\nSELECT 2\n", "line 2 has 1 parts: SELECT 2"],
    ["a tab in the SQL", "SELECT\t1\tshop\n", "line 1 has 3 parts: SELECT\t1\tshop"],
    ["an empty line", "SELECT 1\tshop\n\n", "line 2 has 1 parts: "],
  ]
) {
  Deno.test(`parseGold() refuses ${what}, as the official code does`, () => {
    assert.throws(() => parseGold(text, "dev_gold.sql"), {
      name: "SyntaxError",
      message: `Cannot read dev_gold.sql as a line must be SQL, one tab and a database: ${rest}`,
    });
  });
}
