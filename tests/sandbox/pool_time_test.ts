import assert from "finestep/assert";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { sampleDatabase } from "./sample_database.ts";

const SLOW = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 50000)
  SELECT count(*) FROM n`;

async function withPool<T>(use: (pool: SqlPool, path: string) => Promise<T>): Promise<T> {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [sample.path], workers: 1, maxRows: 10 });
  return await use(pool, sample.path);
}

Deno.test("SqlPool.time() times each run of both statements", async () => {
  const times = await withPool((pool, path) => {
    return pool.time(path, SLOW, "SELECT date('now'), name FROM singer", {
      iterations: 5,
      timeoutMs: 30_000,
    });
  });
  assert.ok(times.kind === "times");
  const { predictedSeconds, goldSeconds } = times;
  assert.deepEqual([predictedSeconds.length, goldSeconds.length], [5, 5]);
  assert.ok([...predictedSeconds, ...goldSeconds].every((seconds) => seconds > 0 && seconds < 5));
  assert.ok(Math.min(...predictedSeconds) > Math.min(...goldSeconds));
});

Deno.test("SqlPool.time() gives the failure of either statement, and serves the next one", async () => {
  await withPool(async (pool, path) => {
    const options = { iterations: 3, timeoutMs: 30_000 };
    const kinds = async (predicted: string, gold: string) => {
      const { kind } = await pool.time(path, predicted, gold, options);
      return [kind, (await pool.execute(path, "SELECT 1")).kind];
    };
    assert.deepEqual(await kinds("SELECT nope", "SELECT 1"), ["error", "rows"]);
    assert.deepEqual(await kinds("SELECT 1", "DROP TABLE singer"), ["refused", "rows"]);
    const many = SLOW.replace("count(*)", "x");
    assert.deepEqual(await kinds(many, "SELECT 1"), ["too_large", "rows"]);
    assert.equal(
      (await pool.time(`${path}.missing`, "SELECT 1", "SELECT 1", options)).kind,
      "error",
    );
  });
});

Deno.test("SqlPool.time() has one deadline for all its runs", async () => {
  const { kind } = await withPool((pool, path) => {
    return pool.time(path, SLOW, SLOW, { iterations: 1_000_000, timeoutMs: 200 });
  });
  assert.equal(kind, "timeout");
});

Deno.test("SqlPool.execute() turns the order of rows around where SQL leaves it open", async () => {
  const orders = await withPool(async (pool, path) => {
    const run = async (sql: string, reverseUnordered?: boolean) => {
      const result = await pool.execute(path, sql, { reverseUnordered });
      return result.kind === "rows" && result.rows.flat();
    };
    const unordered = "SELECT id FROM singer";
    const ordered = "SELECT id FROM singer ORDER BY id";
    return [await run(unordered, true), await run(unordered), await run(ordered, true)];
  });
  const ids = [9007199254740993n, 2n];
  assert.deepEqual(orders, [ids.toReversed(), ids, ids.toReversed()]);
});
