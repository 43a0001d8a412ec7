import assert from "finestep/assert";
import { join } from "node:path";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { ResultCache, type Statement } from "../../src/store/result_cache.ts";
import { StoreFile } from "../../src/store/store_file.ts";

const STATEMENT: Statement = { database: "ab12", sql: "SELECT 1", context: "30000 ms" };

const CELLS: SqlResult = {
  kind: "rows",
  columns: ["a", "b"],
  rows: [[9007199254740993n, -0], [null, Uint8Array.of(0, 255)], ["ü\0", Infinity]],
  truncated: false,
  elapsedMs: 1.5,
};

function large(rowCount: number): SqlResult {
  const rows = Array.from({ length: rowCount }, (_, n) => [BigInt(n), Math.sin(n)]);
  return { kind: "rows", columns: ["n", "x"], rows, truncated: false, elapsedMs: 1 };
}

Deno.test("ResultCache gives back every kind of cell, from memory and from the file", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "store.sqlite");
  {
    using file = new StoreFile(path);
    using cache = new ResultCache(file);
    cache.put(STATEMENT, CELLS);
    assert.deepEqual(cache.get(STATEMENT), CELLS);
  }
  using file = new StoreFile(path);
  assert.deepEqual(new ResultCache(file).get(STATEMENT), CELLS);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("ResultCache knows a result only for the same database, SQL and context", () => {
  using file = new StoreFile(":memory:");
  using cache = new ResultCache(file);
  cache.put(STATEMENT, CELLS);
  for (const change of [{ database: "ab13" }, { sql: "SELECT 2" }, { context: "5000 ms" }]) {
    assert.equal(cache.get({ ...STATEMENT, ...change }), null);
  }
  // Parts do not run into one another.
  assert.equal(cache.get({ ...STATEMENT, database: "ab1", sql: "2SELECT 1" }), null);
});

Deno.test("ResultCache keeps no failure that another run might not have, and nothing huge", () => {
  using file = new StoreFile(":memory:");
  using cache = new ResultCache(file);
  const failed = (kind: "error" | "timeout" | "crashed") =>
    ({ kind, message: "why", elapsedMs: 1 }) as const;
  for (const result of [failed("timeout"), failed("crashed"), large(200_000)]) {
    cache.put(STATEMENT, result);
    assert.equal(cache.get(STATEMENT), null);
  }
  cache.put(STATEMENT, failed("error"));
  assert.deepEqual(cache.get(STATEMENT), failed("error"));
});
