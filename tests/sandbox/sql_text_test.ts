import assert from "finestep/assert";
import fc from "fast-check";
import { holdsSeveralStatements, isBlank, normalizedSql } from "../../src/sandbox/sql_text.ts";

Deno.test("normalizedSql() unites queries that differ in writing only", () => {
  const same = [
    "SELECT Name FROM T WHERE a = 'It''s'",
    "select name\n\tfrom t where A='It''s';",
    "/* all */ select name from t -- here\n where a = 'It''s' ; ;",
    "\uFEFFSELECT NAME FROM T WHERE a = 'It''s' /* unclosed",
  ];
  assert.equal(new Set(same.map(normalizedSql)).size, 1);
  assert.equal(normalizedSql(same[0]), "select name from t where a = 'It''s'");
});

Deno.test("normalizedSql() writes all name quotes alike and keeps the name's case", () => {
  assert.equal(normalizedSql('SELECT [a b], `c"d`, "E""f"'), 'select "a b" , "c""d" , "E""f"');
});

Deno.test("normalizedSql() keeps strings, names and operators that differ apart", () => {
  const different = [
    "select 'a'",
    "select 'A'",
    "select 'a '",
    "select '--a'",
    'select "a"',
    "select a",
    "select 'a' 'b'",
    "select 'a''b'",
    "select a->b",
    "select a->>b",
    "select a-b",
    "select a<b",
    "select a<=b",
    "select 1.5",
    "select 1 .5",
    "select x'61'",
    "select 'a",
  ];
  assert.equal(new Set(different.map(normalizedSql)).size, different.length);
});

// Tokens that stay what they are whatever stands around them, so that they can be joined freely.
const token = fc.constantFrom(
  "select",
  "name",
  "T1",
  "=",
  "<=",
  "(",
  ")",
  ",",
  ".",
  "*",
  "1.5e3",
  "0x1F",
  "'a  B;--'",
  '"Mixed Case"',
  "x'0F'",
  "\u00fcber",
  ";",
);
const gap = fc.constantFrom(" ", "\n", "\t \r\n", "/* ; ' */", '-- " ;\n', " /**/ ");

Deno.test("normalizedSql() does not depend on space, comments and the case of words", () => {
  fc.assert(fc.property(fc.array(fc.tuple(token, gap, fc.boolean())), (parts) => {
    const plain = parts.map(([text]) => text).join(" ");
    const written = parts.map(([text, space, isUpper]) => {
      return (isUpper && /^[a-z]+$/.test(text) ? text.toUpperCase() : text) + space;
    });
    assert.equal(normalizedSql(written.join("")), normalizedSql(plain));
  }));
});

Deno.test("normalizedSql() of a normal form is that form, also for broken text", () => {
  const piece = fc.oneof(
    token,
    gap,
    fc.constantFrom("'", '"', "`", "[", "]", "/*", "--", "-", "x", "\u{1F600}"),
  );
  fc.assert(fc.property(fc.array(piece).map((pieces) => pieces.join("")), (sql) => {
    const once = normalizedSql(sql);
    assert.equal(normalizedSql(once), once);
  }));
});

// What Python 3.11's sqlite3 does with cursor.execute(sql): no rows, one statement, or a refusal.
Deno.test("isBlank() and holdsSeveralStatements() judge as Python's sqlite3", () => {
  const blank = ["", " ", "-- c", "/* x", "/* x */ ", ";", ";;", " ;-- c"];
  const single = [
    "select 1; -- c",
    "select 1; /* c",
    "; select 1",
    "select ';'",
    'select "a;b", [;]',
  ];
  const several = ["select 1;;", "select 1; select", "select 1; select 2", "; select 1; x"];
  assert.deepEqual(blank.map(isBlank), blank.map(() => true));
  assert.deepEqual([...single, ...several].filter(isBlank), []);
  assert.deepEqual([...blank, ...single].filter(holdsSeveralStatements), []);
  assert.deepEqual(several.map(holdsSeveralStatements), several.map(() => true));
});

Deno.test("normalizedSql() takes time in proportion to the length", () => {
  const long = "select '" + "''".repeat(50_000) + "' || " + "(".repeat(50_000) + '"' +
    "/*".repeat(1000);
  const start = performance.now();
  normalizedSql(long);
  assert.ok(performance.now() - start < 2000);
});
