import assert from "finestep/assert";
import { ExampleCursor } from "../../src/dataset/batches.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { collect } from "../../src/trainer/collect.ts";
import type { ScoredEpisode } from "../../src/trajectory/group.ts";
import { alternating, collectSetup, SQL_MS } from "./setups.ts";

type Groups = readonly (readonly ScoredEpisode[])[];

const idsOf = (groups: Groups) => groups.map(([{ episode }]) => episode.exampleId);
const seedsOf = (groups: Groups) => groups.flat().map(({ episode }) => episode.seed);

function policyOf(...mixed: string[]): ScriptedPolicy {
  return new ScriptedPolicy(alternating(mixed));
}

Deno.test("collect() takes one batch where an algorithm does not resample", async () => {
  const cursor = new ExampleCursor(6, 1);
  const { kept, sampled } = await collect(cursor, policyOf(), collectSetup("grpo", 6));
  assert.deepEqual(idsOf(kept), new ExampleCursor(6, 1).next(2).map(String));
  assert.deepEqual(sampled, kept);
  assert.deepEqual(kept.map((group) => group.length), [4, 4]);
  assert.equal(cursor.position, 2);
});

Deno.test("collect() samples for DAPO until enough groups have different outcomes", async () => {
  const order = new ExampleCursor(6, 1).next(6).map(String);
  const cursor = new ExampleCursor(6, 1);
  // The first batch gives nothing, the second and the third one group each.
  const policy = policyOf(order[2], order[5]);
  const { kept, sampled } = await collect(cursor, policy, collectSetup("dapo", 6));
  assert.deepEqual(idsOf(sampled), order);
  assert.deepEqual(idsOf(kept), [order[2], order[5]]);
  assert.equal(cursor.position, 6);
});

Deno.test("collect() stops for DAPO after maxSampleBatches with what it has", async () => {
  const order = new ExampleCursor(6, 1).next(6).map(String);
  const setup = collectSetup("dapo", 6, { maxSampleBatches: 2 });
  const cursor = new ExampleCursor(6, 1);
  const { kept, sampled } = await collect(cursor, policyOf(order[3], order[4]), setup);
  assert.deepEqual(idsOf(kept), [order[3]]);
  assert.equal(sampled.length, 4);
  assert.equal((await collect(cursor, policyOf(), setup)).kept.length, 0);
});

Deno.test("collect() keeps no more groups than a step has", async () => {
  const order = new ExampleCursor(8, 1).next(4).map(String);
  const setup = collectSetup("dapo", 8);
  const { kept, sampled } = await collect(
    new ExampleCursor(8, 1),
    policyOf(...order.slice(1)),
    setup,
  );
  assert.deepEqual(idsOf(kept), order.slice(1, 3));
  assert.equal(sampled.length, 4);
});

Deno.test("collect() scores each episode, in the order of its group", async () => {
  const [first] = new ExampleCursor(6, 1).next(1).map(String);
  const { kept } = await collect(new ExampleCursor(6, 1), policyOf(first), collectSetup("grpo", 6));
  const outcomes = kept.map((group) => group.map(({ rewards }) => rewards.outcome));
  assert.deepEqual(outcomes, [[1, 0, 1, 0], [1, 1, 1, 1]]);
});

Deno.test("collect() gives each episode its own seed, the same after a resume", async () => {
  const setup = collectSetup("grpo", 6);
  const cursor = new ExampleCursor(6, 1);
  const first = seedsOf((await collect(cursor, policyOf(), setup)).sampled);
  const second = seedsOf((await collect(cursor, policyOf(), setup)).sampled);
  assert.equal(new Set([...first, ...second]).size, 16);

  const resumed = await collect(ExampleCursor.at(6, 1, 2), policyOf(), setup);
  assert.deepEqual(seedsOf(resumed.sampled), second);
  const otherRun = collectSetup("grpo", 6, { seed: 2 });
  const other = seedsOf((await collect(new ExampleCursor(6, 1), policyOf(), otherRun)).sampled);
  assert.notDeepEqual(other, first);
});

Deno.test("collect() adds up the time in SQL of all batches sampled", async () => {
  const setup = collectSetup("dapo", 6, { maxSampleBatches: 3 });
  const { times } = await collect(new ExampleCursor(6, 1), policyOf(), setup);
  assert.equal(times.sqlMs, 3 * 2 * 4 * SQL_MS);
  assert(times.rolloutMs > 0 && times.scoringMs > 0);
});
