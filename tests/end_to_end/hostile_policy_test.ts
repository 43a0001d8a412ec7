import assert from "finestep/assert";
import { join } from "node:path";
import { loadDataset } from "../../src/dataset/dataset.ts";
import type { Example } from "../../src/dataset/example.ts";
import { type EpisodeOptions, runEpisode } from "../../src/env/run_episode.ts";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import { type Script, ScriptedPolicy } from "../../src/policies/scripted.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { decodeEpisode, encodeEpisode } from "../../src/trajectory/codec.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { answer, call, sqlTask } from "../env/shop.ts";
import { sha256, Workplace } from "../tiny/workplace.ts";

const ENDLESS =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

/** Ten copies of the five items: 9,765,625 rows. */
const CROSS_JOIN = `SELECT * FROM ${Array.from({ length: 10 }, (_, n) => `item i${n}`).join(", ")}`;

const DEADLINE_MS = 400;

/** Attacks with what becomes of each; FOLDER stands for that of the data and all else. */
const ATTACKS: readonly (readonly [sql: string, kind: SqlResult["kind"]])[] = [
  ["DROP TABLE item", "refused"],
  ["DELETE FROM item", "refused"],
  ["UPDATE item SET price = 0", "refused"],
  ["SELECT 1; DROP TABLE item", "refused"],
  ["ATTACH DATABASE 'FOLDER/stolen.sqlite' AS stolen", "refused"],
  ["VACUUM INTO 'FOLDER/copy.sqlite'", "refused"],
  ["PRAGMA journal_mode = WAL", "refused"],
  ["CREATE TEMP TABLE mine AS SELECT * FROM item", "refused"],
  ["SELECT randomblob(1e9)", "too_large"],
  [ENDLESS, "timeout"],
  [`SELECT count(DISTINCT random()) FROM (${CROSS_JOIN})`, "timeout"],
];

/** Where a policy works: on a question of the five items. */
interface Scene {
  readonly workplace: Workplace;
  readonly example: Example;
  play(script: Script, options?: Partial<EpisodeOptions>): Promise<Episode>;
}

async function withScene(
  use: (scene: Scene) => Promise<void>,
  timeoutMs = DEADLINE_MS,
): Promise<void> {
  await using workplace = await Workplace.open();
  const data = workplace.file("data");
  await using pool = new SqlPool({ roots: [data], workers: 1 });
  const { examples: [example] } = await loadDataset(data, { split: "dev", pool });
  const task = sqlTask(pool, { timeoutMs, toolTimeoutMs: timeoutMs });
  const play: Scene["play"] = (script, options) =>
    runEpisode(example, new ScriptedPolicy(script), {
      ...{ task, seed: 1, maxTurns: 20 },
      ...options,
    });
  await use({ workplace, example, play });
}

Deno.test("A policy whose tool calls are attacks changes nothing, and its episode goes on", async () => {
  await withScene(async ({ workplace, example, play }) => {
    const before = await filesOf(workplace);
    const attacks = attacksOn(workplace);
    const episode = await play([
      ...attacks.map(({ sql }) => call(sql)),
      answer(example.goldSql),
    ]);
    attacks.forEach(({ sql, kind }, n) => {
      const { result, observation } = episode.steps[n];
      assert.equal(result?.kind, kind, sql);
      assert(observation !== null && observation.length < 3000, sql);
      assert(result.elapsedMs < DEADLINE_MS + 2000, `${sql}: ${result.elapsedMs} ms`);
    });
    assert.equal(episode.stopReason, "answer");
    assert(isCorrect(episode.finalResult, episode.goldResult));
    assert.deepEqual(decodeEpisode(encodeEpisode(episode)), episode);
    assert.deepEqual(await filesOf(workplace), before);
  });
});

Deno.test("A policy that asks for ten million rows gets the first ten thousand", async () => {
  await withScene(async ({ example, play }) => {
    const { steps: [{ result: product }] } = await play([
      call(CROSS_JOIN),
      answer(example.goldSql),
    ]);
    assert(product?.kind === "rows" && product.truncated && product.rows.length === 10_000);
    // However busy the machine is.
  }, 60_000);
});

Deno.test("A policy whose answers are attacks is wrong, changes nothing and stops nobody", async () => {
  await withScene(async ({ workplace, example, play }) => {
    const before = await filesOf(workplace);
    for (const { sql, kind } of attacksOn(workplace)) {
      const episode = await play([answer(sql)]);
      assert.equal(episode.finalResult?.kind, kind, sql);
      assert.equal(episode.finalSql, sql);
      assert(!isCorrect(episode.finalResult, episode.goldResult));
      const next = await play([answer(example.goldSql)]);
      assert(isCorrect(next.finalResult, next.goldResult), `after ${sql}`);
    }
    assert.deepEqual(await filesOf(workplace), before);
  });
});

Deno.test({
  name: "A statement that is stopped at its deadline leaves no process behind",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await withScene(async ({ workplace, play }) => {
      const workers = processesOf(workplace);
      assert.equal(workers.length, 1);
      const episode = await play([call(ENDLESS)]);
      assert.equal(episode.steps[0].result?.kind, "timeout");
      assert.equal(episode.stopReason, "no_prediction");
      assert.deepEqual(processesOf(workplace), []);
    });
  },
});

function attacksOn({ path }: Workplace) {
  return ATTACKS.map(([sql, kind]) => ({ sql: sql.replaceAll("FOLDER", path), kind }));
}

/** Every file, by its checksum. */
async function filesOf(
  { path }: { readonly path: string },
  sums: Record<string, string> = {},
): Promise<Record<string, string>> {
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    const inner = { path: join(path, name) };
    if (isDirectory) await filesOf(inner, sums);
    else sums[inner.path] = await sha256(inner.path);
  }
  return sums;
}

/** Ids of the processes that were given a folder, by their command lines; Linux only. */
function processesOf({ path }: Workplace): string[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => name).filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(path);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}
