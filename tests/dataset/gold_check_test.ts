import assert from "node:assert/strict";
import { join } from "node:path";
import { loadDataset } from "../../src/dataset/dataset.ts";
import type { Difficulty } from "../../src/dataset/example.ts";
import { checkGold } from "../../src/dataset/gold_check.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { BIRD, NEEDS_BIRD } from "./real_bird.ts";

const RESULTS: Record<string, SqlResult> = {
  good: { kind: "rows", columns: ["a"], rows: [[1n]], truncated: false, elapsedMs: 1 },
  none: { kind: "rows", columns: ["a"], rows: [], truncated: false, elapsedMs: 2 },
  slow: { kind: "timeout", message: "over 30 s", elapsedMs: 30_000 },
  wrong: { kind: "error", message: "no such table: t", elapsedMs: 3 },
};

function example(goldSql: string, databaseId: string, difficulty: Difficulty | null) {
  const database = { id: databaseId, path: `/${databaseId}.sqlite`, tables: [] };
  return { id: goldSql, database, question: "", evidence: "", goldSql, difficulty };
}

function dataset(examples: ReturnType<typeof example>[]) {
  const files = { questions: "dev.json", databases: "dev_databases", tables: null, gold: null };
  return { name: "bird" as const, split: "dev", examples, databases: [], files, warnings: [] };
}

Deno.test("checkGold() tells what every gold SQL did, and counts it", async () => {
  const asked: unknown[] = [];
  const pool: Pick<SqlPool, "execute"> = {
    execute: (path, sql, limits) => {
      asked.push([path, limits?.timeoutMs]);
      return Promise.resolve(RESULTS[sql]);
    },
  };
  const report = await checkGold(
    dataset([
      example("good", "shop", "simple"),
      example("none", "shop", "simple"),
      example("slow", "zoo", "moderate"),
      example("wrong", "zoo", null),
    ]),
    pool,
    { timeoutMs: 500 },
  );
  assert.deepEqual(
    report.checks.map(({ example, outcome, message, elapsedMs }) => [
      example.id,
      outcome,
      message,
      elapsedMs,
    ]),
    [
      ["good", "rows", "", 1],
      ["none", "empty", "", 2],
      ["slow", "timeout", "over 30 s", 30_000],
      ["wrong", "error", "no such table: t", 3],
    ],
  );
  const zero = { total: 0, rows: 0, empty: 0, error: 0, timeout: 0 };
  assert.deepEqual(report.counts, { total: 4, rows: 1, empty: 1, error: 1, timeout: 1 });
  assert.deepEqual(
    report.byDifficulty,
    new Map([
      ["simple", { ...zero, total: 2, rows: 1, empty: 1 }],
      ["moderate", { ...zero, total: 1, timeout: 1 }],
      ["unrated", { ...zero, total: 1, error: 1 }],
    ]),
  );
  assert.deepEqual([...report.byDatabase.keys()], ["shop", "zoo"]);
  assert.deepEqual(asked[3], ["/zoo.sqlite", 500]);
});

Deno.test({
  name: "checkGold() finds every real gold SQL to run and to give rows",
  ...NEEDS_BIRD,
  fn: async () => {
    await using pool = new SqlPool({ roots: [BIRD] });
    const dev = await loadDataset(join(BIRD, "dev_20240627"), { pool });
    const { counts } = await checkGold(dev, pool, { timeoutMs: 30_000 });
    assert.deepEqual(counts, { total: 287, rows: 287, empty: 0, error: 0, timeout: 0 });
  },
});
