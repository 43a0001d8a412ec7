import assert from "finestep/assert";
import { DEFAULT_NOW, pinnedTime, readsClock } from "../../src/sandbox/pinned_now.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { ReadOnlyDatabase } from "../../src/sandbox/read_only_database.ts";
import { sampleDatabase } from "./sample_database.ts";

const NOW = "2024-02-29T13:14:15.500Z";

// Expected values: SQLite's own functions with the time in the place of 'now'.
const CASES: readonly (readonly [expression: string, expected: unknown])[] = [
  ["date('now')", "2024-02-29"],
  ["date()", "2024-02-29"],
  ['date("NOW")', "2024-02-29"],
  ["[date]('now')", "2024-02-29"],
  ["time('now')", "13:14:15"],
  ["time('subsec')", "13:14:15.500"],
  ["datetime('now', '-1 day')", "2024-02-28 13:14:15"],
  ["datetime('now', 'localtime')", "2024-02-29 13:14:15"],
  ["datetime(/* none */)", "2024-02-29 13:14:15"],
  ["CURRENT_DATE", "2024-02-29"],
  ["current_time", "13:14:15"],
  ["CURRENT_TIMESTAMP", "2024-02-29 13:14:15"],
  ["strftime('%Y')", "2024"],
  ["strftime('%H:%M', 'now')", "13:14"],
  ["strftime('%Y', CURRENT_TIMESTAMP) - strftime('%Y', '1999-05-01')", 25n],
  ["julianday('now')", 2460370.0515682869],
  ["unixepoch()", 1709212455n],
  ["timediff('now', '2024-01-01')", "+0000-01-28 13:14:15.500"],
  ["timediff('2024-03-01', 'now')", "+0000-00-00 10:45:44.500"],
  // What is no time of now stays as it is.
  ["date('2000-01-31', '+1 month')", "2000-03-02"],
  ["date(NULL)", null],
  ["date('now ')", null],
  ["unixepoch('1970-01-02')", 86400n],
];

Deno.test("ReadOnlyDatabase.query() takes its time wherever SQLite reads the clock", () => {
  using sample = sampleDatabase();
  using database = new ReadOnlyDatabase(sample.path, { now: pinnedTime(NOW) });
  for (const [expression, expected] of CASES) {
    const result = database.query(`SELECT ${expression}`, { maxRows: 1, maxBytes: 1000 });
    assert.deepEqual(result.kind === "rows" && result.rows, [[expected]], expression);
  }
});

Deno.test("readsClock() finds each way of asking for the time, and few others", () => {
  const asking = CASES.slice(0, -4).map(([expression]) => `SELECT ${expression}`);
  assert.deepEqual(asking.filter((sql) => !readsClock(sql)), []);
  const others = [
    "SELECT date('2000-01-31', '+1 month')",
    "SELECT strftime('%Y', birthday), date(max(birthday, died)) FROM singer",
    "SELECT date, \"time\" FROM singer WHERE name = 'now'",
    "SELECT 'current_timestamp' -- current_date",
    "SELECT time FROM race ORDER BY (date)",
  ];
  assert.deepEqual(others.filter(readsClock), []);
});

Deno.test("pinnedTime() refuses what is no time", () => {
  assert.equal(pinnedTime("system"), null);
  assert.equal(pinnedTime(DEFAULT_NOW), "2024-06-27 00:00:00.000");
  assert.throws(() => pinnedTime("yesterday"), /must be "system" or an ISO time.*"yesterday"/);
});

Deno.test("SqlPool.execute() gives one time in every run unless told to read the clock", async () => {
  using sample = sampleDatabase();
  const sql = "SELECT date('now'), CURRENT_TIMESTAMP, name FROM tall";
  const rowsAt = async (now?: string) => {
    await using pool = new SqlPool({ roots: [sample.path], workers: 1, now });
    const result = await pool.execute(sample.path, sql);
    return result.kind === "rows" && result.rows;
  };
  assert.deepEqual(await rowsAt(), [["2024-06-27", "2024-06-27 00:00:00", "Zoë"]]);
  assert.deepEqual(await rowsAt(NOW), [["2024-02-29", "2024-02-29 13:14:15", "Zoë"]]);
  const [[today]] = await rowsAt("system") || [];
  assert.ok(String(today) > "2024-06-28", String(today));
});

Deno.test("SqlPool.execute() reads the clock at 'now' in a zone that is UTC whatever the machine's is", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [sample.path], workers: 1 });
  const result = await pool.execute(sample.path, "SELECT time('2024-07-01 12:00', 'localtime')");
  assert.deepEqual(result.kind === "rows" && result.rows, [["12:00:00"]]);
});
