import assert from "finestep/assert";
import { Rng } from "../../src/config/rng.ts";
import { AnswerResults } from "../../src/env/answer_results.ts";
import { EPISODE_OPTIONS } from "../../src/env/options.ts";
import { type EpisodeOptions, runEpisode } from "../../src/env/run_episode.ts";
import { runGroup } from "../../src/env/run_group.ts";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import type { Policy, Turn } from "../../src/policies/policy.ts";
import { type Script, ScriptedPolicy } from "../../src/policies/scripted.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { text2sql, type Text2SqlSetup } from "../../src/tasks/text2sql.ts";
import { answer, call, openShop, sqlTask } from "./shop.ts";

const RIGHT = "SELECT COUNT(id) FROM shop WHERE city = 'ZURICH'";
const WRONG = "SELECT COUNT(id) FROM shop WHERE city = 'Zurich'";
const HEAVY =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n";

/** Runs one episode of a script on the shop. */
async function play(
  script: Script,
  options: Partial<EpisodeOptions & Omit<Text2SqlSetup, "pool">> = {},
): Promise<Episode> {
  await using shop = await openShop();
  const { pool, example } = shop;
  const answers = new AnswerResults(pool, { timeoutMs: 5000 });
  const policy = new ScriptedPolicy(script);
  const task = text2sql({ pool, answers, ...options });
  return await runEpisode(example, policy, { task, seed: 1, ...options });
}

const actionKinds = ({ steps }: Episode) => steps.map(({ action }) => action.kind);
const resultKinds = ({ steps }: Episode) => steps.map(({ result }) => result?.kind ?? null);
const isRight = ({ finalResult, goldResult }: Episode) => isCorrect(finalResult, goldResult);

Deno.test("runEpisode() records a right answer after a tool call", async () => {
  const episode = await play([call("SELECT DISTINCT city FROM shop"), answer(RIGHT)]);
  assert.equal(episode.stopReason, "answer");
  assert.deepEqual(actionKinds(episode), ["toolCall", "answer"]);
  assert.equal(episode.steps[0].observation, "city\nZURICH\nBern\n(2 rows)");
  assert.equal(episode.steps[1].observation, null);
  assert.equal(episode.finalSql, RIGHT);
  assert.deepEqual(episode.finalResult?.kind === "rows" && episode.finalResult.rows, [[2n]]);
  assert.equal(episode.finalResult, episode.steps[1].result);
  assert.ok(isRight(episode));
});

Deno.test("runEpisode() records the example, the policy and the seed", async () => {
  const episode = await play([answer(RIGHT)], { seed: 42 });
  const { exampleId, databaseId, seed, policy, goldSql, tokens, timings } = episode;
  assert.deepEqual(
    { exampleId, databaseId, seed, policy, tokens },
    { exampleId: "7", databaseId: "shops", seed: 42, policy: "scripted", tokens: null },
  );
  assert.equal(goldSql, "SELECT COUNT(*) FROM shop WHERE city = 'ZURICH'");
  assert.equal(episode.goldResult.kind, "rows");
  assert.ok(timings.totalMs >= timings.sqlMs && timings.sqlMs > 0);
});

Deno.test("EPISODE_OPTIONS has no deadline of SQL, which would do nothing: its task has them", () => {
  assert.deepEqual(Object.keys(EPISODE_OPTIONS).filter((name) => /timeout/i.test(name)), []);
});

Deno.test("runEpisode() records a wrong answer", async () => {
  const episode = await play([answer(WRONG)]);
  assert.equal(episode.stopReason, "answer");
  assert.ok(!isRight(episode));
});

Deno.test("runEpisode() shows an error and lets the policy recover", async () => {
  const episode = await play([call("SELECT town FROM shop"), answer(RIGHT)]);
  assert.deepEqual(resultKinds(episode), ["error", "rows"]);
  assert.equal(episode.steps[0].observation, "Error: no such column: town");
  assert.ok(isRight(episode));
});

Deno.test("runEpisode() gives the policy its observations in order", async () => {
  const seen: string[][] = [];
  await play(({ turn, observations }) => {
    seen.push([...observations]);
    return turn < 2 ? call(`SELECT ${turn} AS n`) : answer(RIGHT);
  });
  assert.deepEqual(seen, [[], ["n\n0\n(1 row)"], ["n\n0\n(1 row)", "n\n1\n(1 row)"]]);
});

Deno.test("runEpisode() stops at the turn limit and still runs the last call", async () => {
  const episode = await play(() => call("SELECT 1"), { maxTurns: 3 });
  assert.equal(episode.stopReason, "turn_limit");
  assert.deepEqual(resultKinds(episode), ["rows", "rows", "rows"]);
  assert.equal(episode.steps[2].observation, null);
  assert.deepEqual([episode.finalSql, episode.finalResult], [null, null]);
});

Deno.test("runEpisode() takes six turns when not told otherwise", async () => {
  assert.equal((await play(() => call("SELECT 1"))).steps.length, 6);
});

Deno.test("runEpisode() takes an answer in the last turn", async () => {
  const episode = await play([call("SELECT 1"), answer(RIGHT)], { maxTurns: 2 });
  assert.equal(episode.stopReason, "answer");
});

Deno.test("runEpisode() records a violation, shows it and goes on", async () => {
  const episode = await play(["The answer is 2.", answer(RIGHT)]);
  const [first] = episode.steps;
  assert.equal(first.text, "The answer is 2.");
  assert.equal(first.action.kind === "violation" && first.action.violation, "no_reasoning");
  assert.equal(first.result, null);
  assert.equal(first.observation, "Error: there is no <reasoning> block");
  assert.ok(isRight(episode));
});

Deno.test("runEpisode() stops at the turn limit also when nothing can be read", async () => {
  const episode = await play(() => "", { maxTurns: 2 });
  assert.equal(episode.stopReason, "turn_limit");
  assert.deepEqual(actionKinds(episode), ["violation", "violation"]);
});

for (
  const sql of ["DROP TABLE shop", "DELETE FROM shop", "ATTACH 'x' AS x", "SELECT 1; SELECT 2"]
) {
  Deno.test(`runEpisode() refuses ${sql} and leaves the database as it was`, async () => {
    const episode = await play([call(sql), answer(RIGHT)]);
    assert.notEqual(episode.steps[0].result?.kind, "rows");
    assert.match(episode.steps[0].observation ?? "", /^Error: /);
    assert.ok(isRight(episode));
  });
}

Deno.test("runEpisode() records a dangerous answer as wrong", async () => {
  const episode = await play([answer("DELETE FROM shop")]);
  assert.equal(episode.stopReason, "answer");
  assert.equal(episode.finalResult?.kind, "refused");
  assert.ok(!isRight(episode));
});

Deno.test("runEpisode() ends a call at its deadline and goes on", async () => {
  const episode = await play([call(HEAVY), answer(RIGHT)], { toolTimeoutMs: 50 });
  assert.deepEqual(resultKinds(episode), ["timeout", "rows"]);
  assert.match(episode.steps[0].observation ?? "", /^Error: .*50 ms/);
});

Deno.test("runEpisode() gives an answer and its gold SQL one time limit together", async () => {
  const rows = { kind: "rows", columns: ["n"], rows: [[2n]], truncated: false } as const;
  const answering = (goldMs: number) => ({
    timeoutMs: 30_000,
    get: (_path: string, sql: string): Promise<SqlResult> =>
      Promise.resolve({ ...rows, elapsedMs: sql === RIGHT ? 1 : goldMs }),
  });
  const inTime = await play([answer(RIGHT)], { answers: answering(20_000) });
  const tooLate = await play([answer(RIGHT)], { answers: answering(30_000) });
  assert.equal(inTime.finalResult?.kind, "rows");
  assert.equal(tooLate.finalResult?.kind, "timeout");
  assert.equal(tooLate.steps[0].result, tooLate.finalResult);
});

Deno.test("runEpisode() keeps 10,000 rows of a call and all of an answer", async () => {
  const many =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 12000) SELECT i FROM n";
  const { steps } = await play([call(many), answer(many)]);
  const counts = steps.map(({ result }) => result?.kind === "rows" && result.rows.length);
  assert.deepEqual(counts, [10_000, 12_000]);
  assert.match(steps[0].observation ?? "", /\(more than 10000 rows, showing 10\)$/);
});

Deno.test("runEpisode() writes prompt and observations by the template", async () => {
  const script = [call("SELECT id, city FROM shop"), answer(RIGHT)];
  const episode = await play(script, { template: "compact" });
  assert.equal(episode.prompt.length, 1);
  assert.equal(episode.steps[0].observation, "id|city\n1|ZURICH\n2|ZURICH\n3|Bern");
  const short = await play(script, { template: "compact", maxObservationRows: 1 });
  assert.equal(short.steps[0].observation, "id|city\n1|ZURICH\n3 rows");
});

const cut = (finish: Turn["finish"], text: string): Turn => ({ text, finish });

Deno.test("runEpisode() records a message that was cut as too long, and goes on", async () => {
  const episode = await play([cut("length", "<reasoning>On and"), answer(RIGHT)]);
  const [{ action }] = episode.steps;
  assert.equal(action.kind === "violation" && action.violation, "too_long");
  assert.equal(episode.stopReason, "answer");
});

Deno.test("runEpisode() takes a message that is whole although it was cut", async () => {
  const episode = await play([cut("length", call("SELECT 1")), cut("context", answer(RIGHT))]);
  assert.deepEqual(actionKinds(episode), ["toolCall", "answer"]);
  assert.equal(episode.stopReason, "answer");
});

Deno.test("runEpisode() ends when the context is full, with the message that filled it", async () => {
  const episode = await play([call("SELECT 1"), cut("context", "<reasoning>On and")]);
  assert.equal(episode.stopReason, "context_limit");
  assert.deepEqual(actionKinds(episode), ["toolCall", "violation"]);
  assert.equal(episode.steps[1].observation, null);
});

Deno.test("runEpisode() ends without a step when the context has no room for a message", async () => {
  const episode = await play([call("SELECT 1"), cut("context", "")]);
  assert.equal(episode.stopReason, "context_limit");
  assert.deepEqual(actionKinds(episode), ["toolCall"]);
});

Deno.test("runEpisode() ends without a prediction when the policy has none", async () => {
  const episode = await play([]);
  assert.equal(episode.stopReason, "no_prediction");
  assert.deepEqual([episode.steps, episode.finalSql], [[], null]);
});

/** A policy that counts how often its conversations are closed. */
function counting(script: Script) {
  const inner = new ScriptedPolicy(script);
  const policy: Policy & { closed: number } = {
    name: "counting",
    closed: 0,
    start(prompt, context) {
      const conversation = inner.start(prompt, context);
      const close = () => {
        policy.closed++;
        return conversation.close();
      };
      return { ...conversation, close };
    },
  };
  return policy;
}

Deno.test("runEpisode() closes the conversation once when it ends", async () => {
  await using shop = await openShop();
  const policy = counting([answer(RIGHT)]);
  await runGroup(shop.example, policy, { task: sqlTask(shop.pool), seeds: [1, 2, 3] });
  assert.equal(policy.closed, 3);
});

Deno.test("runEpisode() closes the conversation when the policy throws", async () => {
  await using shop = await openShop();
  const policy = counting(() => {
    throw new Error("lost");
  });
  const { pool, example } = shop;
  const task = sqlTask(pool);
  const episode = runEpisode(example, policy, { task, seed: 1 });
  await assert.rejects(episode, { message: "lost" });
  assert.equal(policy.closed, 1);
  await task.gold(example);
});

Deno.test("runEpisode() closes the conversation when the pool is closed", async () => {
  await using shop = await openShop();
  const policy = counting([call("SELECT 1")]);
  const { pool, example } = shop;
  const task = sqlTask(pool);
  await task.gold(example);
  await pool[Symbol.asyncDispose]();
  const episode = runEpisode(example, policy, { task, seed: 1 });
  await assert.rejects(episode, /pool is closed/);
  assert.equal(policy.closed, 1);
});

/** An episode without what differs from run to run: the times. */
const timeless = (episode: Episode) =>
  JSON.stringify(episode, (key, value) => {
    if (key === "timings" || key === "elapsedMs") return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });

/** Calls and answers at random, by the seed alone. */
const randomScript: Script = ({ turn, seed, observations }) => {
  const rng = new Rng(seed, "script", turn, ...observations);
  const sql = rng.pick(["SELECT id FROM shop", "SELECT town FROM shop", RIGHT, WRONG]);
  return rng.pick([call, call, call, answer])(sql);
};

Deno.test("runEpisode() gives the same episode for the same seed, alone or in company", async () => {
  await using shop = await openShop();
  const { pool, example } = shop;
  const task = sqlTask(pool);
  const policy = new ScriptedPolicy(randomScript);
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const group = await runGroup(example, policy, { task, seeds });
  const alone = [];
  for (const seed of seeds) alone.push(await runEpisode(example, policy, { task, seed }));
  assert.deepEqual(group.map(timeless), alone.map(timeless));
  assert.deepEqual(group.map(({ seed }) => seed), seeds);
  assert.ok(new Set(group.map(({ steps }) => steps.length)).size > 1);
});

Deno.test("runGroup() runs equal statements once and begins all episodes before it waits", async () => {
  await using shop = await openShop();
  const { pool, example } = shop;
  const executed: string[] = [];
  const counted = {
    execute(...args: Parameters<typeof pool.execute>) {
      executed.push(args[1]);
      return pool.execute(...args);
    },
  };
  let started = 0;
  const policy = new ScriptedPolicy(() => {
    assert.equal(started, 4);
    return answer(RIGHT);
  });
  const startCounted: Policy = {
    name: policy.name,
    start(prompt, context) {
      started++;
      return policy.start(prompt, context);
    },
  };
  const seeds = [1, 2, 3, 4];
  const group = await runGroup(example, startCounted, { task: sqlTask(counted), seeds });
  assert.ok(group.every(isRight));
  assert.deepEqual(executed.toSorted(), [example.goldSql, RIGHT].toSorted());
});
