import assert from "finestep/assert";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { goldsIn } from "./gold_queries.ts";
import { sampleDatabase } from "./sample_database.ts";

const LIMITS = { timeoutMs: 100, maxRows: 50, maxBytes: 4000 };
/** Killing a worker, and a machine that does much else. */
const SLACK_MS = 2000;
const BATCH = 20;
const KINDS = ["rows", "error", "refused", "timeout", "too_large"];

const MINIBIRD = fileURLToPath(new URL("../../fixtures/minibird", import.meta.url));
const [{ path: goldDatabase, statements: golds }] = goldsIn(
  `${MINIBIRD}/dev.json`,
  (id) => `${MINIBIRD}/dev_databases/${id}/${id}.sqlite`,
);

const column = fc.constantFrom("id", "height", "name", "photo", "rowid", '"a b"', "id");
const literal = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.string().map((text) => `'${text.replaceAll("'", "''")}'`),
  fc.constantFrom("NULL", "x'00ff'", "'now'", "1e400", "9223372036854775807"),
);
const usually = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 12 }, fc.constantFrom(...others));

const { statement } = fc.letrec<{ expression: string; query: string; statement: string }>((
  tie,
) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    column,
    literal,
    fc.tuple(
      fc.constantFrom("abs", "hex", "date", "length", "quote", "typeof", "max", "zeroblob", "json"),
      tie("expression"),
    ).map(([called, given]) => `${called}(${given})`),
    fc.tuple(
      tie("expression"),
      fc.constantFrom("+", "||", "=", "LIKE", "GLOB", "AND", "->>", "/", "IS NOT"),
      tie("expression"),
    ).map((parts) => `(${parts.join(" ")})`),
    fc.tuple(tie("expression")).map(([inner]) => `(SELECT ${inner} FROM singer)`),
  ),
  query: fc.tuple(
    fc.array(tie("expression"), { minLength: 1, maxLength: 4 }),
    fc.constantFrom(
      "FROM singer",
      "FROM singer",
      "FROM singer JOIN (SELECT 1)",
      "FROM singer, n",
      "FROM (SELECT rowid, * FROM singer), n AS a, n AS b",
    ),
    fc.option(tie("expression")),
    fc.constantFrom("", "ORDER BY 1", "LIMIT 3", "GROUP BY 1"),
  ).map(([columns, from, where, end]) =>
    `SELECT ${columns} ${from} ${where === null ? "" : `WHERE ${where}`} ${end}`
  ),
  statement: fc.tuple(
    usually(
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 2000)",
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)",
      "EXPLAIN WITH n(x) AS (SELECT 1)",
      "CREATE TABLE t AS WITH n(x) AS (SELECT 1)",
      "WITH n(x) AS (SELECT 1) INSERT INTO singer",
      "DELETE FROM singer; --",
    ),
    tie("query"),
    usually("", ";", "; DROP TABLE singer", "/*", "\0"),
  ).map((parts) => parts.join(" ")),
}));

const ALIKE = [
  ["=", "<", ">=", "<>", "LIKE", "IS"],
  ["AND", "OR"],
  ["ASC", "DESC"],
  ["COUNT", "MAX", "SUM", "AVG", "group_concat", "nope"],
  ["DISTINCT", "ALL"],
  ["INNER", "LEFT", "CROSS", "FULL"],
  ["WHERE", "HAVING", "ON"],
  ["0", "1", "'1'", "-1e99", "NULL"],
];

/** A gold some of whose words are others of their kind. */
const mutatedGold = fc.tuple(
  fc.constantFrom(...golds),
  fc.array(fc.nat({ max: 11 }), { minLength: 20, maxLength: 20 }),
).map(([gold, draws]) => {
  return gold.split(/\b/).map((word, i) => {
    const others = ALIKE.find((words) => words.includes(word.trim()));
    return others?.[draws[i % draws.length]] ?? word;
  }).join("");
});

const noise = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => {
    return new TextDecoder("latin1").decode(bytes);
  }),
);

function assertHeld(result: SqlResult, sql: string): void {
  assert.ok(KINDS.includes(result.kind), `${sql}: ${result.kind}`);
  assert.ok(result.elapsedMs < LIMITS.timeoutMs + SLACK_MS, `${sql}: ${result.elapsedMs} ms`);
  if (result.kind !== "rows") return;
  assert.ok(result.rows.length <= LIMITS.maxRows, sql);
  assert.ok(result.rows.every((row) => row.length === result.columns.length), sql);
  const bytes = result.rows.flat().reduce<number>((sum, cell) => {
    return sum + 8 + (typeof cell === "string" || cell instanceof Uint8Array ? cell.length : 0);
  }, 0);
  assert.ok(bytes <= LIMITS.maxBytes, `${sql}: ${bytes} bytes`);
}

for (
  const [what, sql, numRuns] of [
    ["a grammar's statements", statement, 20],
    ["golds that are changed at random", mutatedGold, 40],
    ["noise", noise, 10],
  ] as const
) {
  Deno.test(`SqlPool.execute() holds ${what} within its limits and leaves the file alone`, async () => {
    using sample = sampleDatabase();
    if (sql === mutatedGold) Deno.copyFileSync(goldDatabase, sample.path);
    const before = sha256(sample.path);
    await using pool = new SqlPool({ roots: [sample.path], ...LIMITS });
    const batches = fc.array(sql, { minLength: BATCH, maxLength: BATCH });
    await fc.assert(
      fc.asyncProperty(batches, async (statements) => {
        const results = await Promise.all(statements.map((sql) => pool.execute(sample.path, sql)));
        results.forEach((result, i) => assertHeld(result, statements[i]));
      }),
      { numRuns, endOnFailure: true },
    );
    assert.equal(sha256(sample.path), before);
  });
}

function sha256(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}
