import assert from "finestep/assert";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { NEEDS_LINUX } from "./processes.ts";
import { sampleDatabase } from "./sample_database.ts";

// A sort of 400 MB in memory, below SQLite's own limit on its heap.
const LARGE_SORT = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 4000)
  SELECT length(a) FROM (SELECT randomblob(100000) AS a, x FROM n) ORDER BY a, x`;

Deno.test({
  name: "SqlPool.execute() ends a statement over the cap on memory, once, and serves the next one",
  ...NEEDS_LINUX,
  async fn() {
    using sample = sampleDatabase();
    await using pool = new SqlPool({ roots: [sample.path], workers: 1, memoryMiB: 200 });
    const [large, small] = await Promise.all([
      pool.execute(sample.path, LARGE_SORT),
      pool.execute(sample.path, "SELECT 1"),
    ]);
    assert.ok(large.kind === "too_large", large.kind);
    assert.match(large.message, /over the cap on memory/);
    assert.equal(small.kind, "rows");
  },
});

Deno.test("SqlPool.execute() ends a statement over SQLite's own limit on its heap", async () => {
  using sample = sampleDatabase();
  await using pool = new SqlPool({ roots: [sample.path], workers: 1 });
  const sql = LARGE_SORT.replace("LIMIT 4000", "LIMIT 8000");
  const { kind } = await pool.execute(sample.path, sql);
  assert.equal(kind, "too_large");
});
