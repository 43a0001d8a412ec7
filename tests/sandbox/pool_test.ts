import assert from "finestep/assert";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { isRunning, NEEDS_LINUX, workersOf } from "./processes.ts";
import { sampleDatabase } from "./sample_database.ts";

const ENDLESS =
  "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

Deno.test("SqlPool.execute() kills a query at its deadline and serves the next one", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)], workers: 1 });
  const result = await pool.execute(sample.path, ENDLESS, { timeoutMs: 100 });
  assert.equal(result.kind, "timeout");
  assert.ok(result.elapsedMs >= 100, `${result.elapsedMs} ms`);
  assert.equal((await pool.execute(sample.path, "SELECT 1")).kind, "rows");
});

Deno.test("SqlPool.execute() ends a cross join of ten million rows by its caps", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)], maxRows: 1000 });
  const tenMillion = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3163)
    SELECT a.x, b.x FROM n AS a, n AS b`;
  const result = await pool.execute(sample.path, tenMillion);
  assert.ok(result.kind === "rows" && result.truncated);
  assert.equal(result.rows.length, 1000);
});

Deno.test("SqlPool.execute() passes cells of all types, in any size", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)] });
  const all = await pool.execute(sample.path, "SELECT * FROM singer");
  assert.deepEqual(all.kind === "rows" && [all.columns, all.rows], [
    ["id", "height", "name", "photo"],
    [[9007199254740993n, 1, "Zoë", Uint8Array.of(0, 255)], [2n, null, "", new Uint8Array()]],
  ]);
  const big = await pool.execute(
    sample.path,
    "SELECT printf('%.*c', 3000000, 'x'), zeroblob(3000000)",
  );
  assert.ok(big.kind === "rows");
  assert.deepEqual(big.rows[0].map((cell) => (cell as string).length), [3_000_000, 3_000_000]);
});

Deno.test("SqlPool.execute() answers in time though this process was busy past the deadline", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)] });
  await pool.execute(sample.path, "SELECT 1");
  const pending = pool.execute(sample.path, "SELECT 2", { timeoutMs: 150 });
  await Promise.resolve(); // The request goes out before this process turns busy.
  for (const start = performance.now(); performance.now() - start < 300;);
  const result = await pending;
  assert.deepEqual(result.kind === "rows" && result.rows, [[2n]]);
});

Deno.test("SqlPool.execute() serves more queries than workers, each with its own result", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)], workers: 2 });
  const numbers = Array.from({ length: 50 }, (_, i) => BigInt(i));
  const results = await Promise.all(numbers.map((n) => {
    return pool.execute(sample.path, n === 7n ? ENDLESS : `SELECT ${n}`, {
      timeoutMs: n === 7n ? 50 : 5000,
    });
  }));
  const cells = results.map((result) => result.kind === "rows" ? result.rows[0][0] : result.kind);
  assert.deepEqual(cells, numbers.map((n) => n === 7n ? "timeout" : n));
});

Deno.test("SqlPool.execute() in batches of one lets no query wait for a slow one while a worker is free", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)], maxBatch: 1 });
  let isSlowDone = false;
  const slow = pool.execute(sample.path, ENDLESS, { timeoutMs: 2000 }).then(() => {
    isSlowDone = true;
  });
  await Promise.all(
    Array.from({ length: 40 }, (_, n) => pool.execute(sample.path, `SELECT ${n}`)),
  );
  assert.equal(isSlowDone, false);
  await slow;
});

Deno.test("SqlPool.execute() takes an infinite timeout", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)], timeoutMs: Infinity });
  const slow = `SELECT count(*) FROM (${
    ENDLESS.replace("SELECT count(*)", "SELECT x").replace(
      "x + 1 FROM n",
      "x + 1 FROM n LIMIT 300000",
    )
  })`;
  const result = await pool.execute(sample.path, slow);
  assert.deepEqual(result.kind === "rows" && result.rows, [[300000n]]);
});

Deno.test("SqlPool.execute() names a file that is missing or outside the roots", async () => {
  using sample = sampleDatabase();
  using other = sampleDatabase();
  await using pool = new SqlPool({ roots: [folderOf(sample.path)] });
  for (const path of [`${sample.path}.missing`, other.path]) {
    const result = await pool.execute(path, "SELECT 1");
    assert.ok(result.kind === "error" && result.message.includes(path));
  }
});

Deno.test("SqlPool.execute() rejects what runs or waits when the pool closes, and what comes later", async () => {
  using sample = sampleDatabase();
  const pool = new SqlPool({ roots: [folderOf(sample.path)], workers: 1 });
  await pool.execute(sample.path, "SELECT 1");
  const running = pool.execute(sample.path, ENDLESS);
  const waiting = pool.execute(sample.path, "SELECT 1");
  const outcomes = Promise.allSettled([running, waiting]);
  await pool[Symbol.asyncDispose]();
  assert.deepEqual((await outcomes).map((outcome) => outcome.status), ["rejected", "rejected"]);
  await assert.rejects(pool.execute(sample.path, "SELECT 1"), /pool is closed/);
});

Deno.test("new SqlPool() refuses a pool without workers and a root that Deno's flag cannot hold", () => {
  assert.throws(() => new SqlPool({ roots: [], workers: 0 }), RangeError);
  assert.throws(() => new SqlPool({ roots: ["a,b"] }), RangeError);
});

Deno.test({
  name: "SqlPool leaves no process behind, neither after a deadline nor when it closes",
  ...NEEDS_LINUX,
  async fn() {
    using sample = sampleDatabase();
    {
      await using pool = new SqlPool({ roots: [folderOf(sample.path)], workers: 1 });
      await pool.execute(sample.path, ENDLESS, { timeoutMs: 50 });
      assert.deepEqual(workersOf(sample.path), [], "after a deadline");
      await pool.execute(sample.path, "SELECT 1");
      assert.equal(workersOf(sample.path).length, 1, "while a worker is warm");
    }
    assert.deepEqual(workersOf(sample.path), [], "after closing");
  },
});

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `A worker ends by itself when the pool's process gets ${signal} during a query`,
    ...NEEDS_LINUX,
    async fn() {
      using sample = sampleDatabase();
      const program = `
      import { SqlPool } from ${JSON.stringify(import.meta.resolve("../../src/sandbox/pool.ts"))};
      const pool = new SqlPool({ roots: [${JSON.stringify(folderOf(sample.path))}] });
      const endless = pool.execute(${JSON.stringify(sample.path)}, ${JSON.stringify(ENDLESS)});
      await pool.execute(${JSON.stringify(sample.path)}, "SELECT 1");
      await pool.execute(${JSON.stringify(sample.path)}, "SELECT 2");
      console.log("running");
      await endless;`;
      const parent = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--quiet", program],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const output = parent.stdout.getReader();
      await output.read();
      const workers = workersOf(sample.path, parent.pid);
      assert.deepEqual(workers.map(isRunning), [true, true]);
      parent.kill(signal);
      await parent.status;
      await output.cancel();
      for (const start = performance.now(); workers.some(isRunning);) {
        assert.ok(performance.now() - start < 10_000, "a worker still runs");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  });
}
