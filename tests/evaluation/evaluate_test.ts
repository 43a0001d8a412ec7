import assert from "finestep/assert";
import { join } from "node:path";
import { loadDataset } from "../../src/dataset/dataset.ts";
import type { Example } from "../../src/dataset/example.ts";
import { readPredictions } from "../../src/dataset/predictions.ts";
import {
  byAnswers,
  byPolicy,
  evaluate,
  type Trial,
  trialsOf,
} from "../../src/evaluation/evaluate.ts";
import { verdictOf } from "../../src/evaluation/verdict.ts";
import type { Policy } from "../../src/policies/policy.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";
import { answer, call, openShop, type Shop, sqlTask } from "../env/shop.ts";

const setup = ({ pool }: Pick<Shop, "pool">) => ({ task: sqlTask(pool) });
const variants = (example: Example, n: number) =>
  Array.from({ length: n }, (_, i): Example => ({ ...example, id: String(i) }));
const trials = (examples: readonly Example[]) => trialsOf(examples, { seed: 1 });
const episodeOf = ({ example: { id } }: Trial) => ({ exampleId: id }) as Episode;

Deno.test("evaluate() gives one episode for each example", async () => {
  await using shop = await openShop();
  const examples = variants(shop.example, 7);
  const policy = new ScriptedPolicy(({ turn, exampleId }) =>
    turn < 4 - Number(exampleId) / 2 ? call(`SELECT ${turn}`) : answer("SELECT 2")
  );
  const attempt = byPolicy(policy, setup(shop));
  const attempted = await Array.fromAsync(evaluate(trials(examples), attempt, { concurrency: 3 }));
  const lengths = attempted.map(({ example, episode }) => {
    assert.equal(episode.exampleId, example.id);
    return [Number(example.id), episode.steps.length];
  });
  const expected = [[0, 5], [1, 5], [2, 4], [3, 4], [4, 3], [5, 3], [6, 2]];
  assert.deepEqual(lengths.sort(([a], [b]) => a - b), expected);
});

Deno.test("evaluate() begins nothing after its signal, and gives what was begun", async () => {
  const examples = variants({} as Example, 10);
  const stop = new AbortController();
  const begun: string[] = [];
  const attempt = (trial: Trial) => {
    begun.push(trial.example.id);
    return Promise.resolve(episodeOf(trial));
  };
  const given: string[] = [];
  const options = { concurrency: 2, signal: stop.signal };
  for await (const { example } of evaluate(trials(examples), attempt, options)) {
    given.push(example.id);
    stop.abort();
  }
  assert.deepEqual(given.sort(), begun.sort());
  assert(begun.length < 10);
});

Deno.test("evaluate() that abandons ends at its signal, whatever still runs", async () => {
  const stop = new AbortController();
  const { promise: never } = Promise.withResolvers<Episode>();
  const attempt = (trial: Trial) =>
    trial.example.id === "0" ? Promise.resolve(episodeOf(trial)) : never;
  const given: string[] = [];
  const options = { signal: stop.signal, abandons: true };
  for await (const { example } of evaluate(trials(variants({} as Example, 3)), attempt, options)) {
    given.push(example.id);
    stop.abort();
  }
  assert.deepEqual(given, ["0"]);
});

Deno.test("evaluate() throws what an attempt throws, and begins nothing more", async () => {
  const begun: string[] = [];
  const attempt = (trial: Trial) => {
    begun.push(trial.example.id);
    return trial.example.id === "2"
      ? Promise.reject(new Error("lost"))
      : Promise.resolve(episodeOf(trial));
  };
  const all = Array.fromAsync(
    evaluate(trials(variants({} as Example, 50)), attempt, { concurrency: 1 }),
  );
  await assert.rejects(all, { message: "lost" });
  assert(begun.length < 50);
});

Deno.test("evaluate() of no examples gives none", async () => {
  const attempt = () => Promise.reject(new Error("never"));
  assert.deepEqual(await Array.fromAsync(evaluate([], attempt)), []);
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
  const attempt = byPolicy(policy, setup(shop));
  await Array.fromAsync(evaluate(trials(variants(shop.example, 10)), attempt, { concurrency: 4 }));
  assert.deepEqual([open, most], [0, 4]);
});

Deno.test("trialsOf() seeds each example by the seed and its id, not by its company", () => {
  const seeds = (examples: readonly Example[], seed: number) =>
    trialsOf(examples, { seed }).map((trial) => trial.seed);
  const examples = variants({} as Example, 4);
  const all = seeds(examples, 1);
  assert.equal(new Set(all).size, 4);
  assert.deepEqual(seeds(examples.slice(2), 1), all.slice(2));
  assert.notDeepEqual(seeds(examples, 2), all);
});

Deno.test("trialsOf() repeats all examples with other seeds, and begins with those of one attempt", () => {
  const examples = variants({} as Example, 3);
  const many = trialsOf(examples, { seed: 1, samples: 4 });
  assert.deepEqual(many.map(({ example }) => example.id).join(""), "012012012012");
  assert.equal(new Set(many.map(({ seed }) => seed)).size, 12);
  assert.deepEqual(many.slice(0, 3), trialsOf(examples, { seed: 1 }));
});

Deno.test("byPolicy() gives the episode its trial's seed", async () => {
  await using shop = await openShop();
  const attempt = byPolicy(new ScriptedPolicy([answer("SELECT 2")]), setup(shop));
  assert.equal((await attempt({ example: shop.example, seed: 42 })).seed, 42);
});

Deno.test("byAnswers() runs answers as they are, also those that break the format of a policy", async () => {
  await using shop = await openShop();
  const { task } = setup(shop);
  const sqls = ["SELECT '</answer>```', 1", "", "-- nothing", "SELECT 1; SELECT 2"];
  const examples = variants(shop.example, 5);
  const sqlByExample = new Map(sqls.map((sql, n) => [String(n), sql]));
  const attempt = byAnswers(sqlByExample, { policy: "file", task });
  const episodes = await Promise.all(trials(examples).map(attempt));
  assert.deepEqual(
    episodes.map(({ finalResult }) =>
      finalResult?.kind === "rows" ? finalResult.rows : finalResult?.kind ?? null
    ),
    [[["</answer>```", 1n]], [], [], "refused", null],
  );
  assert.deepEqual(
    episodes.map(({ stopReason }) => stopReason),
    ["answer", "answer", "answer", "answer", "no_prediction"],
  );
});

for (
  const [folder, system, right] of [
    ["dev_20240627", "codes-15b_kg", 235],
    ["mini_dev", "mixtral-8x7b", 25],
  ] as const
) {
  Deno.test({
    name: `byAnswers() gives the official verdicts for the answers of ${system}`,
    ...NEEDS_BIRD,
    fn: async () => {
      await using pool = new SqlPool({ roots: [BIRD] });
      const { examples } = await loadDataset(join(BIRD, folder), { schemas: "skip" });
      const file = join(BIRD, folder, "predictions", system);
      const { sqlByExample } = await readPredictions(`${file}.json`, examples, {
        match: "position",
      });
      const { task } = setup({ pool });
      const attempt = byAnswers(sqlByExample, { policy: system, task });
      const verdicts = Object.fromEntries(
        await Promise.all(examples.map(async (example) => {
          const { isCorrect } = verdictOf(await attempt({ example, seed: 0 }), example);
          return [example.id, Number(isCorrect)];
        })),
      );
      assert.deepEqual(verdicts, JSON.parse(await Deno.readTextFile(`${file}.verdicts.json`)));
      assert.equal(Object.values(verdicts).filter((right) => right === 1).length, right);
    },
  });
}
