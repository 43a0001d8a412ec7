import assert from "node:assert/strict";
import { join } from "node:path";
import { loadBird } from "../../src/dataset/bird.ts";
import type { Example } from "../../src/dataset/example.ts";
import { readPredictions } from "../../src/dataset/predictions.ts";
import { GoldResults } from "../../src/env/gold_results.ts";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import { summarize } from "../../src/evaluation/summary.ts";
import type { Policy } from "../../src/policies/policy.ts";
import { ReplayPolicy } from "../../src/policies/replay.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";
import { answer, call, openShop, type Shop } from "../env/shop.ts";

const setup = ({ pool }: Shop) => ({
  pool,
  goldResults: new GoldResults(pool, { timeoutMs: 5000 }),
});
const variants = (example: Example, n: number) =>
  Array.from({ length: n }, (_, i): Example => ({ ...example, id: String(i) }));

Deno.test("evaluate() gives one episode for each example, in their order", async () => {
  await using shop = await openShop();
  const examples = variants(shop.example, 7);
  // Earlier examples take more turns, so that later ones end before them.
  const policy = new ScriptedPolicy(({ turn, exampleId }) =>
    turn < 4 - Number(exampleId) / 2 ? call(`SELECT ${turn}`) : answer("SELECT 2")
  );
  const options = { ...setup(shop), seed: 1, concurrency: 3 };
  const episodes = await Array.fromAsync(evaluate(examples, policy, options));
  assert.deepEqual(episodes.map(({ exampleId }) => exampleId), examples.map(({ id }) => id));
  assert.deepEqual(episodes.map(({ steps }) => steps.length), [5, 5, 4, 4, 3, 3, 2]);
});

Deno.test("evaluate() holds as many conversations as it is told to", async () => {
  await using shop = await openShop();
  const inner = new ScriptedPolicy([call("SELECT 1"), answer("SELECT 2")]);
  let [open, most] = [0, 0];
  const policy: Policy = {
    name: "counting",
    start(prompt, context) {
      most = Math.max(most, ++open);
      const conversation = inner.start(prompt, context);
      return { ...conversation, close: () => (open--, conversation.close()) };
    },
  };
  const options = { ...setup(shop), seed: 1, concurrency: 4 };
  await Array.fromAsync(evaluate(variants(shop.example, 10), policy, options));
  assert.deepEqual([open, most], [0, 4]);
});

Deno.test("evaluate() seeds each example by the seed and its id, not by its company", async () => {
  await using shop = await openShop();
  const policy = new ScriptedPolicy([answer("SELECT 2")]);
  const seeds = async (examples: readonly Example[], seed: number) => {
    const episodes = evaluate(examples, policy, { ...setup(shop), seed });
    return (await Array.fromAsync(episodes)).map((episode) => episode.seed);
  };
  const examples = variants(shop.example, 4);
  const all = await seeds(examples, 1);
  assert.equal(new Set(all).size, 4);
  assert.deepEqual(await seeds(examples.slice(2), 1), all.slice(2));
  assert.notDeepEqual(await seeds(examples, 2), all);
});

Deno.test("evaluate() runs the gold SQL of equal examples once", async () => {
  await using shop = await openShop();
  let goldRuns = 0;
  const pool = {
    execute(...args: Parameters<SqlPool["execute"]>) {
      if (args[1] === shop.example.goldSql) goldRuns++;
      return shop.pool.execute(...args);
    },
  };
  const goldResults = new GoldResults(pool, { timeoutMs: 5000 });
  const policy = new ScriptedPolicy([answer("SELECT 2")]);
  const examples = variants(shop.example, 5);
  await Array.fromAsync(evaluate(examples, policy, { pool, goldResults, seed: 1 }));
  assert.equal(goldRuns, 1);
});

for (
  const [folder, system, right] of [
    ["dev_20240627", "codes-15b_kg", 235],
    ["mini_dev", "mixtral-8x7b", 25],
  ] as const
) {
  Deno.test({
    name: `evaluate() gives the official verdicts for the answers of ${system}`,
    ...NEEDS_BIRD,
    fn: async () => {
      await using pool = new SqlPool({ roots: [BIRD] });
      const { examples } = await loadBird(join(BIRD, folder), { pool });
      const file = join(BIRD, folder, "predictions", system);
      const { sqlByExample } = await readPredictions(`${file}.json`, examples);
      const goldResults = new GoldResults(pool, { timeoutMs: 30_000 });
      const policy = new ReplayPolicy(sqlByExample, system);
      const episodes = await Array.fromAsync(
        evaluate(examples, policy, { pool, goldResults, seed: 1 }),
      );
      const verdicts = Object.fromEntries(episodes.map(({ exampleId, finalResult, goldResult }) => [
        exampleId,
        Number(isCorrect(finalResult, goldResult)),
      ]));
      assert.deepEqual(verdicts, JSON.parse(await Deno.readTextFile(`${file}.verdicts.json`)));
      const { breakdown } = summarize(episodes, examples, { seed: 1, resamples: 10 });
      assert.equal(breakdown.total.right, right);
    },
  });
}
