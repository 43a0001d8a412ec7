/**
 * What SQL can try against the sandbox, and how each try ends: the table behind the tests and behind
 * `deno task attacks`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";

/** How an attack may end; `cut` is a result that its caps cut, `rows` one that does no harm. */
export type Ending = Exclude<SqlResult["kind"], "crashed"> | "cut";

/** One statement. `FOLDER` in its SQL stands for the folder of the database. */
export interface Attack {
  readonly name: string;
  readonly sql: string;
  readonly ending: Ending;
}

/** What was seen of an attack. */
export interface AttackRecord {
  readonly attack: Attack;
  readonly seen: Ending | "crashed";
  /** What else went wrong, in words; empty when nothing did. */
  readonly damage: readonly string[];
}

const CAPS = { maxRows: 1000, maxBytes: 2 ** 20 };

const PROBE = "SELECT 6 * 7";

const NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)";

/** Attacks by class: class, ending unless another is given, then name and SQL. */
const CLASSES: readonly (readonly [
  name: string,
  ending: Ending,
  statements: readonly (readonly [name: string, sql: string, ending?: Ending])[],
])[] = [
  ["write", "refused", [
    ["insert", "INSERT INTO singer DEFAULT VALUES"],
    ["insert or replace", "REPLACE INTO singer VALUES (1, 2, 'x', NULL)"],
    ["update", "UPDATE singer SET id = 1"],
    ["delete", "DELETE FROM singer"],
    ["delete behind a CTE", "WITH t AS (SELECT 1) DELETE FROM singer"],
    ["upsert returning", "INSERT INTO singer (id) VALUES (1) ON CONFLICT DO NOTHING RETURNING id"],
    ["through a view", "DELETE FROM tall"],
  ]],
  ["schema", "refused", [
    ["drop table", "DROP TABLE singer"],
    ["drop index", "DROP INDEX singer_name"],
    ["drop view", "DROP VIEW tall"],
    ["create table", "CREATE TABLE t (x)"],
    ["create table as", "CREATE TABLE t AS SELECT * FROM singer"],
    ["create index", "CREATE INDEX i ON singer (id)"],
    ["create view", "CREATE VIEW v AS SELECT 1"],
    ["create trigger", "CREATE TRIGGER g AFTER INSERT ON singer BEGIN DELETE FROM singer; END"],
    ["alter table", "ALTER TABLE singer RENAME TO t"],
    ["add column", "ALTER TABLE singer ADD COLUMN c"],
    ["update sqlite_master", "UPDATE sqlite_master SET sql = ''"],
    ["delete from sqlite_schema", "DELETE FROM sqlite_schema"],
    ["temp table", "CREATE TEMP TABLE t (x)"],
    ["temp table as", "CREATE TEMP TABLE t AS SELECT randomblob(1000000)"],
    ["temp view", "CREATE TEMP VIEW v AS SELECT 1"],
    ["temp trigger", "CREATE TEMP TRIGGER g INSERT ON singer BEGIN SELECT 1; END"],
    ["insert into sqlite_temp_master", "INSERT INTO sqlite_temp_master VALUES (1, 2, 3, 4, 5)"],
  ]],
  ["virtual table", "refused", [
    ["fts3", "CREATE VIRTUAL TABLE t USING fts3(x)"],
    ["fts5", "CREATE VIRTUAL TABLE t USING fts5(x)"],
    ["rtree", "CREATE VIRTUAL TABLE t USING rtree(id, a, b)"],
    ["temp fts5", "CREATE VIRTUAL TABLE temp.t USING fts5(x)"],
    ["fts5 shadow table", "CREATE TABLE t_content (id INTEGER PRIMARY KEY, c0)"],
    ["csv", "CREATE VIRTUAL TABLE t USING csv(filename='/etc/passwd')"],
    ["fts3_tokenizer, a pointer", "SELECT fts3_tokenizer('simple')"],
    ["fts3_tokenizer, overwritten", "SELECT fts3_tokenizer('simple', x'4141414141414141')"],
    ["rtreecheck", "SELECT rtreecheck('main', 'singer')", "error"],
    ["fts5 without its pointer", "SELECT fts5(1)", "rows"],
    ["raw pages", "SELECT data FROM sqlite_dbpage", "error"],
    ["page statistics", "SELECT count(*) FROM dbstat", "rows"],
  ]],
  ["pragma", "refused", [
    ["writable_schema", "PRAGMA writable_schema = 1"],
    ["query_only", "PRAGMA query_only = 0"],
    ["trusted_schema", "PRAGMA trusted_schema = 1"],
    ["journal_mode", "PRAGMA journal_mode = WAL"],
    ["hard_heap_limit", "PRAGMA hard_heap_limit = 0"],
    ["temp_store", "PRAGMA temp_store = FILE"],
    ["temp_store_directory", "PRAGMA temp_store_directory = 'FOLDER'"],
    ["mmap_size", "PRAGMA mmap_size = 1000000000000"],
    ["user_version", "PRAGMA user_version = 7"],
    ["wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)"],
    ["optimize", "PRAGMA optimize"],
    ["incremental_vacuum", "PRAGMA incremental_vacuum"],
    ["database_list", "PRAGMA database_list"],
    ["as a table", "SELECT * FROM pragma_journal_mode('WAL')", "error"],
    ["database_list as a table", "SELECT file FROM pragma_database_list"],
    ["user_version as a table", "SELECT * FROM pragma_user_version"],
    ["explained", "EXPLAIN PRAGMA writable_schema = 1"],
    ["in a comment's shadow", "PRAGMA/**/main.writable_schema/**/(1)"],
  ]],
  ["file", "refused", [
    ["attach a file", "ATTACH 'FOLDER/attached.sqlite' AS a"],
    ["attach memory", "ATTACH ':memory:' AS a"],
    ["attach a URI", "ATTACH 'file:FOLDER/attached.sqlite?mode=rwc' AS a"],
    ["attach in an expression", "ATTACH (SELECT 'FOLDER/' || 'attached') AS a"],
    ["detach", "DETACH main"],
    ["vacuum", "VACUUM"],
    ["vacuum into", "VACUUM INTO 'FOLDER/copy.sqlite'"],
    ["vacuum main into", "VACUUM main INTO 'FOLDER/copy.sqlite'"],
    ["load_extension", "SELECT load_extension('FOLDER/x.so')"],
    ["load_extension, quoted", `SELECT "LOAD_EXTENSION"('FOLDER/x.so', 'main')`],
    ["writefile", "SELECT writefile('FOLDER/file', 'x')", "error"],
    ["readfile", "SELECT readfile('/etc/passwd')", "error"],
    ["edit", "SELECT edit('x', 'sh')", "error"],
    ["fsdir", "SELECT * FROM fsdir('/')", "error"],
    ["dot command", ".shell touch FOLDER/file", "error"],
  ]],
  ["transaction", "refused", [
    ["begin", "BEGIN"],
    ["begin exclusive", "BEGIN EXCLUSIVE"],
    ["commit", "COMMIT"],
    ["rollback", "ROLLBACK"],
    ["savepoint", "SAVEPOINT s"],
    ["release", "RELEASE s"],
    ["reindex", "REINDEX"],
    ["analyze", "ANALYZE"],
  ]],
  ["text", "refused", [
    ["two statements", "SELECT 1; DROP TABLE singer"],
    ["two harmless statements", "SELECT 1; SELECT 2"],
    ["a statement behind empty ones", "; ; SELECT 1; DELETE FROM singer"],
    ["a statement behind a comment", "SELECT 1 -- ;\n; DROP TABLE singer"],
    ["a statement behind a string", "SELECT 'it''s; -- '; DROP TABLE singer"],
    ["a statement behind a bracket", "SELECT 1 AS [a;--]; DROP TABLE singer"],
    ["a statement behind a backslash", "SELECT '\\'; DROP TABLE singer --'"],
    ["NUL", "SELECT 1\0; DROP TABLE singer"],
    ["NUL in a string", "SELECT 'a\0b'"],
    ["NUL first", "\0SELECT 1"],
    ["an open comment", "SELECT 1 /* ; DROP TABLE singer", "rows"],
    ["nested comments", "/* /* */ DROP TABLE singer -- */"],
    ["explain a write", "EXPLAIN DELETE FROM singer"],
    ["explain query plan of a write", "EXPLAIN QUERY PLAN DROP TABLE singer"],
    ["a lone surrogate", "SELECT '\uD800'", "rows"],
    ["an open string", "SELECT 'abc", "error"],
    ["no SQL", "\u{1F4A3}", "error"],
  ]],
  ["size of the SQL", "too_large", [
    ["1 MB of string", `SELECT '${"x".repeat(1_000_000)}'`],
    ["1 MB of space", `SELECT${" ".repeat(1_000_000)}1`],
    ["1 MB of quotes", `SELECT ${"''".repeat(500_000)}`],
    ["1 MB of columns", `SELECT ${Array(500_000).fill(1)}`],
    ["deep brackets", `SELECT ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
    ["deep sums", `SELECT ${"1+".repeat(5000)}1`],
    ["deep NOT", `SELECT ${"NOT ".repeat(5000)}1`],
    ["deep subqueries", `${"SELECT * FROM (".repeat(500)}SELECT 1${")".repeat(500)}`],
    ["deep functions", `SELECT ${"abs(".repeat(500)}1${")".repeat(500)}`],
    ["long compound", Array(1000).fill("SELECT 1").join(" UNION ")],
    ["wide select", `SELECT ${Array(5000).fill("1")}`],
    ["stars of stars", `SELECT ${Array(3000).fill("*")} FROM singer`],
    ["many arguments", `SELECT max(${Array(5000).fill(1)})`],
    ["many tables", `SELECT 1 FROM ${Array.from({ length: 100 }, (_, i) => `singer t${i}`)}`],
    ["many variables", `SELECT ${Array(200).fill("?")}`],
    ["one variable far out", "SELECT ?999999999"],
  ]],
  ["size of a value", "too_large", [
    ["randomblob", "SELECT randomblob(1e9)"],
    ["zeroblob", "SELECT zeroblob(1e9)"],
    ["zeroblob of 2^62", "SELECT zeroblob(4611686018427387904)"],
    ["length of a zeroblob", "SELECT length(zeroblob(2e9))"],
    ["printf width", "SELECT printf('%1000000000d', 1)"],
    ["printf precision", "SELECT printf('%.*c', 1e9, 'x')"],
    ["format width", "SELECT format('%*s', 2000000000, 'x')"],
    ["hex", "SELECT hex(hex(zeroblob(4000000)))"],
    ["quote", "SELECT quote(zeroblob(9000000))"],
    ["replace", "SELECT replace(hex(zeroblob(500000)), '0', 'xxxxxxxxxxxxxxxxxxxx')"],
    [
      "group_concat",
      `${NUMBERS} SELECT group_concat(h) FROM (SELECT hex(zeroblob(90000)) AS h FROM n LIMIT 100)`,
    ],
    [
      "json_group_array",
      `${NUMBERS} SELECT json_group_array(h) FROM (SELECT hex(zeroblob(90000)) AS h FROM n LIMIT 100)`,
    ],
    ["char", `SELECT ${Array(20).fill("hex(zeroblob(1000000))").join("||")}`],
    [
      "memory of a sort",
      `${NUMBERS}, b AS (SELECT randomblob(9000000) r FROM n LIMIT 100)
      SELECT length(r) FROM b ORDER BY r`,
    ],
    ["pattern of LIKE", `SELECT 'a' LIKE '${"%a".repeat(20_000)}'`],
    ["pattern of GLOB", `SELECT 'a' GLOB '${"*a".repeat(20_000)}'`],
  ]],
  ["time", "timeout", [
    ["recursive CTE", `${NUMBERS} SELECT count(*) FROM n`],
    ["recursive CTE without a row", `${NUMBERS} SELECT x FROM n WHERE x < 0`],
    [
      "cross join",
      `WITH d AS (VALUES (1), (2), (3), (4), (5), (6), (7), (8))
      SELECT count(*) FROM ${Array.from({ length: 15 }, (_, i) => `d AS d${i}`)}`,
    ],
    [
      "sum over a product",
      `${NUMBERS}, m AS (SELECT x FROM n LIMIT 30000)
      SELECT sum(a.x * b.x) FROM m a, m b`,
    ],
    [
      "LIKE on every row",
      `${NUMBERS} SELECT count(*) FROM n WHERE hex(zeroblob(9999)) || x LIKE '%a%a'`,
    ],
    ["LIKE that backtracks", `SELECT hex(zeroblob(50000)) LIKE '${"%0".repeat(90)}%1'`, "rows"],
    ["GLOB that backtracks", `SELECT hex(zeroblob(50000)) GLOB '${"*0".repeat(90)}*1'`, "rows"],
    ["json that is parsed again", `${NUMBERS} SELECT count(json('[' || x || ']')) FROM n`],
  ]],
  ["rows", "cut", [
    ["endless rows", `${NUMBERS} SELECT x FROM n`],
    ["endless large rows", `${NUMBERS} SELECT zeroblob(100000) FROM n`],
    [
      "json_each of much",
      "SELECT value FROM json_each('[' || replace(hex(zeroblob(5000)), '0', '1,') || '1]')",
    ],
  ]],
  ["json", "error", [
    ["deep arrays", "SELECT json(replace(hex(zeroblob(50000)), '0', '['))"],
    ["deep objects", `SELECT json(replace(hex(zeroblob(50000)), '0', '{"a":'))`],
    ["a broken JSONB", "SELECT json(x'ffffffffffffffff')"],
    [
      "a path of brackets",
      "SELECT json_extract('[]', '$' || replace(hex(zeroblob(5000)), '0', '['))",
    ],
    ["overflow", "SELECT abs(-9223372036854775808)"],
  ]],
];

/** All attacks. */
export const ATTACKS: readonly Attack[] = CLASSES.flatMap(([className, usual, statements]) =>
  statements.map(([name, sql, ending = usual]) => ({ name: `${className}: ${name}`, sql, ending }))
);

/**
 * Runs attacks on a database, one after the other, with a harmless statement behind each.
 *
 * @param path A database alone in its folder.
 * @param attacks Those to run.
 * @param command Starts a worker of another kind, which may read that folder.
 */
export async function runAttacks(
  path: string,
  attacks: readonly Attack[] = ATTACKS,
  command?: Deno.Command,
): Promise<AttackRecord[]> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  await using pool = new SqlPool({ roots: [folder], workers: 1 }, command);
  const before = filesOf(folder);
  const records: AttackRecord[] = [];
  for (const attack of attacks) {
    // What shall not end by itself need not be waited for.
    const timeoutMs = attack.ending === "timeout" ? 100 : 30_000;
    const sql = attack.sql.replaceAll("FOLDER", folder);
    const result = await pool.execute(path, sql, { ...CAPS, timeoutMs });
    const next = await pool.execute(path, PROBE);
    const damage = [
      ...(filesOf(folder) === before ? [] : ["the files changed"]),
      ...(next.kind === "rows" && next.rows[0][0] === 42n ? [] : ["the next statement failed"]),
    ];
    const seen = result.kind === "rows" && result.truncated ? "cut" : result.kind;
    records.push({ attack, seen, damage });
  }
  return records;
}

/** Names and checksums of a folder's files. */
function filesOf(folder: string): string {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const sums = names.map((name) =>
    createHash("sha256").update(Deno.readFileSync(`${folder}/${name}`)).digest("hex")
  );
  return JSON.stringify([names, sums]);
}
