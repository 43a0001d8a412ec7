import assert from "finestep/assert";
import { defaults } from "../../src/config/option.ts";
import { CREDIT_OPTIONS } from "../../src/credit/options.ts";
import { type GroupLimits, Groups } from "../../src/server/groups.ts";

function makeGroups(limits: Partial<GroupLimits> = {}): Groups {
  return new Groups(defaults(CREDIT_OPTIONS), {
    ...{ idleMs: 1000, maxGroups: 8, now: () => 0 },
    ...limits,
  });
}

const member = (episodeId: string, outcome: number) => {
  const steps = Float64Array.of(1);
  const rewards = { outcome, process: steps, hard: steps, recall: steps, isCorrect: outcome === 1 };
  return { episodeId, scored: { rewards, stateKeys: [""] } };
};

Deno.test("Groups.join() refuses episodes of another question or size, and a group that is full", () => {
  const groups = makeGroups();
  const key = { id: "g", size: 1 };
  groups.join(key, "7");
  assert.throws(() => groups.join(key, "8"), /of another question/);
  assert.throws(() => groups.join({ id: "g", size: 2 }, "7"), /its size is 1: not 2/);
  groups.add(key, member("a", 1));
  assert.throws(() => groups.join(key, "7"), /its 1 episodes have ended/);
});

Deno.test("Groups forgets the group used longest ago for one too many", () => {
  const groups = makeGroups({ maxGroups: 2 });
  for (const id of ["a", "b"]) groups.join({ id, size: 2 }, "7");
  groups.credit("a");
  groups.join({ id: "c", size: 2 }, "7");
  assert.deepEqual(["a", "b", "c"].map((id) => groups.credit(id) !== null), [true, false, true]);
});

Deno.test("Groups.reap() forgets what nobody has used for long, and only that", () => {
  let clock = 0;
  const groups = makeGroups({ now: () => clock });
  groups.join({ id: "old", size: 2 }, "7");
  clock = 500;
  groups.join({ id: "new", size: 2 }, "7");
  clock = 1000;
  groups.reap();
  assert.deepEqual([groups.credit("old"), groups.credit("new")?.finished], [null, 0]);
});

Deno.test("Groups.add() has no advantages for a group that was forgotten", () => {
  const groups = makeGroups();
  assert.equal(groups.add({ id: "g", size: 1 }, member("a", 1)), null);
});
