/**
 * The sandbox on real BIRD data: golds run unchanged, verdicts agree with the official EX code.
 *
 * @module
 */

import assert from "finestep/assert";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { isSameResult } from "../../src/sandbox/same_result.ts";
import { normalizedSql } from "../../src/sandbox/sql_text.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";

interface Question {
  readonly question_id: number;
  readonly db_id: string;
  readonly SQL: string;
}

// Official verdict 0: its SQLite 3.40 adds reals without compensation and misses the gold's average by
// one bit; from 3.43 on, and so here, both averages are equal.
const KNOWN_DIFFERENCES = ["mini_dev/phi-3-medium 1339"];

function readJson(path: string): unknown {
  return JSON.parse(Deno.readTextFileSync(`${BIRD}/${path}`));
}

function databasePath(release: string, id: string): string {
  return `${BIRD}/${release}/dev_databases/${id}/${id}.sqlite`;
}

function runAll(
  pool: SqlPool,
  release: string,
  questions: Question[],
  sqls: string[],
): Promise<SqlResult[]> {
  return Promise.all(
    questions.map(({ db_id }, i) => pool.execute(databasePath(release, db_id), sqls[i])),
  );
}

/** "release/system question" wherever our verdict is not the official one. */
async function differences(
  pool: SqlPool,
  release: string,
  questions: Question[],
): Promise<string[]> {
  const golds = await runAll(pool, release, questions, questions.map((question) => question.SQL));
  const files = [...Deno.readDirSync(`${BIRD}/${release}/predictions`)].map(({ name }) => name);
  const systems = files.filter((name) => !name.includes("verdicts")).map((name) =>
    name.slice(0, -5)
  );
  const found: string[] = [];
  for (const system of systems) {
    const file = `${release}/predictions/${system}`;
    const answers = Object.values(readJson(`${file}.json`) as Record<string, string>);
    const verdicts = readJson(`${file}.verdicts.json`) as Record<string, number>;
    const sqls = answers.map((answer) => answer.split("\t----- bird -----\t")[0]);
    const results = await runAll(pool, release, questions, sqls);
    questions.forEach(({ question_id }, i) => {
      const verdict = Number(isSameResult(results[i], golds[i]));
      if (verdict !== verdicts[question_id]) found.push(`${release}/${system} ${question_id}`);
    });
  }
  return found;
}

Deno.test({
  name: "SqlPool.execute() runs BIRD dev's golds within its limits",
  ...NEEDS_BIRD,
  async fn() {
    await using pool = new SqlPool({ roots: [BIRD] });
    const questions = readJson("dev_20240627/dev.json") as Question[];
    const golds = questions.map((question) => question.SQL);
    const results = await runAll(pool, "dev_20240627", questions, golds);
    const complete = results.filter((result) => result.kind === "rows" && !result.truncated);
    assert.deepEqual([complete.length, questions.length], [287, 287]);
  },
});

Deno.test({
  name: "normalizedSql() of BIRD dev's golds gives the same rows as the golds",
  ...NEEDS_BIRD,
  async fn() {
    await using pool = new SqlPool({ roots: [BIRD] });
    const questions = readJson("dev_20240627/dev.json") as Question[];
    const golds = questions.map((question) => question.SQL);
    const results = await runAll(pool, "dev_20240627", questions, golds);
    const normalized = await runAll(pool, "dev_20240627", questions, golds.map(normalizedSql));
    const changed = questions.filter((_, i) => !isSameResult(normalized[i], results[i]));
    assert.deepEqual(changed.map((question) => question.question_id), []);
  },
});

Deno.test({
  name: "isSameResult() agrees with the official EX verdicts on 2,696 published predictions",
  ...NEEDS_BIRD,
  async fn() {
    await using pool = new SqlPool({ roots: [BIRD] });
    const dev = readJson("dev_20240627/dev.json") as Question[];
    const miniDev = readJson("mini_dev/mini_dev_sqlite.json") as Question[];
    const found = [
      ...await differences(pool, "dev_20240627", dev),
      ...await differences(pool, "mini_dev", miniDev),
    ];
    assert.deepEqual(found, KNOWN_DIFFERENCES);
  },
});
