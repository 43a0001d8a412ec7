import assert from "finestep/assert";
import { AnswerResults } from "../../src/env/answer_results.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";

const PATH = "shop.sqlite";

function rows(sql: string, cells = 1): SqlResult {
  const row = Array.from({ length: cells }, () => sql);
  return { kind: "rows", columns: row, rows: [row], truncated: false, elapsedMs: 1 };
}

/** A pool that answers each statement with its own text, and what it was asked. */
function echo(answer: (sql: string) => SqlResult = rows) {
  const asked: string[] = [];
  const execute = (path: string, sql: string) => {
    asked.push(`${path}: ${sql}`);
    return Promise.resolve(answer(sql));
  };
  return { asked, pool: { execute } };
}

Deno.test("AnswerResults.get() runs a statement once for all who ask, at once or later", async () => {
  const { asked, pool } = echo();
  const answers = new AnswerResults(pool, { timeoutMs: 1 });
  const [first, second] = await Promise.all([answers.get(PATH, "a"), answers.get(PATH, "a")]);
  assert.equal(first, second);
  assert.equal(await answers.get(PATH, "a"), first);
  assert.deepEqual(asked, [`${PATH}: a`]);
});

Deno.test("AnswerResults.get() keeps statements and databases apart", async () => {
  const { asked, pool } = echo();
  const answers = new AnswerResults(pool, { timeoutMs: 1 });
  await answers.get(PATH, "a");
  await answers.get(PATH, "b");
  await answers.get("other.sqlite", "a");
  assert.deepEqual(asked, [`${PATH}: a`, `${PATH}: b`, "other.sqlite: a"]);
});

Deno.test("AnswerResults.get() asks what was kept before it runs anything, and keeps what it finds", async () => {
  const { asked, pool } = echo();
  const known = new Map([["a", rows("kept")]]);
  const kept = {
    get: (_path: string, sql: string) => known.get(sql) ?? null,
    put: (_path: string, sql: string, result: SqlResult) => void known.set(sql, result),
  };
  const answers = new AnswerResults(pool, { timeoutMs: 1, kept });
  assert.deepEqual(await answers.get(PATH, "a"), rows("kept"));
  assert.deepEqual(await answers.get(PATH, "b"), rows("b"));
  assert.deepEqual(asked, [`${PATH}: b`]);
  assert.deepEqual(known.get("b"), rows("b"));
});

Deno.test("AnswerResults.get() forgets the results used longest ago, not what a caller holds", async () => {
  const text = "x".repeat(1000);
  const { asked, pool } = echo((sql) => sql === "small" ? rows(sql) : rows(text, 100_000));
  const answers = new AnswerResults(pool, { timeoutMs: 1 });
  for (const sql of ["small", "1", "2", "small", "3"]) await answers.get(PATH, sql);
  await answers.get(PATH, "small");
  assert.equal(asked.filter((one) => one.endsWith("small")).length, 1);
  await answers.get(PATH, "1");
  assert.equal(asked.filter((one) => one.endsWith(": 1")).length, 2);
});

Deno.test("AnswerResults.get() tries again after the pool has failed", async () => {
  let fails = true;
  const execute = (_path: string, sql: string) =>
    fails ? Promise.reject(new Error("no worker")) : Promise.resolve(rows(sql));
  const answers = new AnswerResults({ execute }, { timeoutMs: 1 });
  await assert.rejects(answers.get(PATH, "a"), /no worker/);
  fails = false;
  assert.deepEqual(await answers.get(PATH, "a"), rows("a"));
});
