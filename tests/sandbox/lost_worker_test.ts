import assert from "finestep/assert";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { NEEDS_LINUX, workersOf } from "./processes.ts";
import { sampleDatabase } from "./sample_database.ts";

const LIES = [
  "garbage",
  "an absurd length",
  "a wrong shape",
  "a cell that SQL does not have",
  "another's number",
  "half an answer",
  "its death",
];

// Long enough to be killed in, short enough to be run again.
const SLOW = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 400000)
  SELECT count(*) FROM n`;

function lyingPool(...args: string[]): SqlPool {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.resolve("./lying_worker.ts"), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  });
  return new SqlPool({ roots: [], workers: 1 }, command);
}

function run(pool: SqlPool, statements: readonly string[]): Promise<SqlResult[]> {
  return Promise.all(statements.map((sql) => pool.execute("none.sqlite", sql)));
}

function firstCell(result: SqlResult): unknown {
  return result.kind === "rows" ? result.rows[0][0] : result.kind;
}

for (const lie of [...LIES, "two answers"]) {
  Deno.test(`SqlPool.execute() runs a statement once more when its worker sends ${lie}`, async () => {
    const folder = await Deno.makeTempDir();
    await using pool = lyingPool(lie, `${folder}/lied`);
    // More than a batch each, so that the lie has others before and behind it.
    const statements = [...Array.from({ length: 40 }, (_, i) => `${i}`), "lie", "next", "last"];
    const results = await run(pool, [...statements, ...statements.toReversed()]);
    assert.deepEqual(results.map(firstCell), [...statements, ...statements.toReversed()]);
    await Deno.remove(folder, { recursive: true });
  });
}

for (const lie of LIES) {
  Deno.test(`SqlPool.execute() gives a crash when a second worker sends ${lie} as well`, async () => {
    await using pool = lyingPool(lie);
    const results = await run(pool, ["first", "lie", "next"]);
    assert.deepEqual(results.map(firstCell), ["first", "crashed", "next"]);
  });
}

Deno.test({
  name: "SqlPool.execute() answers though the worker is killed from outside, and loses no other",
  ...NEEDS_LINUX,
  async fn() {
    using sample = sampleDatabase();
    await using pool = new SqlPool({ roots: [sample.path], workers: 2 });
    await Promise.all([1, 2].map(() => pool.execute(sample.path, "SELECT 1")));
    const workers = workersOf(sample.path);
    const numbers = Array.from({ length: 60 }, (_, i) => i);
    const running = numbers.map((n) => pool.execute(sample.path, n < 2 ? SLOW : `SELECT ${n}`));
    Deno.kill(Number(workers[0]), "SIGKILL");
    const cells = (await Promise.all(running)).map(firstCell);
    assert.deepEqual(cells, numbers.map((n) => n < 2 ? 400_000n : BigInt(n)));
    assert.ok(!workersOf(sample.path).includes(workers[0]));
  },
});
