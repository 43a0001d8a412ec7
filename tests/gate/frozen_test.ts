import assert from "finestep/assert";
import {
  compareFrozen,
  frozenValues,
  type Replayed,
  rewardVariants,
  SCORING,
} from "../../src/gate/frozen.ts";
import { REWARD_OPTIONS } from "../../src/rewards/options.ts";
import { ALGORITHM_NAMES, makeAlgorithm } from "../../src/algorithms/mod.ts";
import { parseTrajectories } from "../../src/gate/trajectory.ts";
import { answer, call, episode, failure, rows, VIOLATION } from "../rewards/episodes.ts";

const GOLD = rows([1n, "a"], [2n, "b"]);

/** A group of a wrong attempt with every kind of step, and a right one. */
const GROUP: readonly Replayed[] = [
  [
    ...[VIOLATION, call("SELECT x", failure("no such column: x"))],
    ...[call("SELECT 1", rows([1n])), call("SELECT 1", rows([1n]))],
    answer("SELECT 2", rows([2n])),
  ],
  [call("SELECT a", GOLD), answer("SELECT a", GOLD)],
].map((steps, n) => ({ key: `1/${n}`, episode: episode(steps, GOLD), shown: [] }));

const VALUES = frozenValues(GROUP);

/** What is different when a part is. */
function checksBrokenBy(parts: Partial<typeof SCORING>): string[] {
  const found = compareFrozen(VALUES, frozenValues(GROUP, { ...SCORING, ...parts }));
  return found.differences.map(({ check }) => check);
}

Deno.test("frozenValues() has every reward option changed, and every algorithm that compares", () => {
  const changed = new Set(Object.keys(rewardVariants()).map((name) => name.split("=")[0]));
  assert.deepEqual([...changed].sort(), ["default", ...Object.keys(REWARD_OPTIONS)].sort());
  const compared = ALGORITHM_NAMES.filter((name) => name !== "sft" && name !== "finestep");
  for (const name of compared) assert.ok(VALUES[`advantages ${name}`]["1/0"], name);
});

Deno.test("frozenValues() of a hand-worked trajectory", () => {
  assert.deepEqual(VALUES["rewards default"]["1/1"], {
    outcome: 1,
    process: [1, 1],
    hard: [1, 1],
    recall: [1, 1],
  });
  assert.deepEqual(VALUES.parsed["1/0"], [
    ...["violation no_action", "execute_sql SELECT x"],
    ...["execute_sql SELECT 1", "execute_sql SELECT 1", "answer SELECT 2", "answer"],
  ]);
});

Deno.test("frozenValues() is the same for the same trajectories, whatever they took", () => {
  const slower = GROUP.map((one) => ({
    ...one,
    episode: { ...one.episode, timings: { totalMs: 9, sqlMs: 9 } },
  }));
  assert.deepEqual(frozenValues(slower), VALUES);
  assert.deepEqual(checksBrokenBy({}), []);
});

Deno.test("compareFrozen() names the first step that a reward without recall changes", () => {
  const broken = frozenValues(GROUP, {
    ...SCORING,
    scored: (episode, options) => SCORING.scored(episode, { ...options, softWeight: 0 }),
  });
  const { differences } = compareFrozen(VALUES, broken);
  const reward = differences.find(({ check }) => check === "rewards default");
  // One of the four gold cells is in the third step's rows: 1/2 + 1/2 * 1/4.
  assert.equal(reward?.first, "1/0.process.2: 0.625, then 1");
  assert.notEqual(reward.before, reward.after);
});

Deno.test("compareFrozen() names the parser before what it does to rewards, however a file is sorted", () => {
  const sorted = Object.fromEntries(Object.entries(VALUES).toSorted());
  const [{ episode, ...rest }, other] = GROUP;
  const broken = frozenValues([
    { ...rest, episode: { ...episode, steps: [...episode.steps.slice(0, -1), VIOLATION] } },
    other,
  ]);
  assert.equal(compareFrozen(sorted, broken).differences[0].check, "parsed");
});

Deno.test("compareFrozen() sees a hard constraint that is flipped, and what it does to credit", () => {
  const checks = checksBrokenBy({
    scored: (episode, options) => {
      const { rewards, ...rest } = SCORING.scored(episode, options);
      return { ...rest, rewards: { ...rewards, process: rewards.process.map((r) => 1 - r) } };
    },
  });
  assert.ok(checks.includes("rewards default"));
  assert.ok(checks.includes("advantages finestep.default"));
  assert.ok(!checks.includes("advantages grpo"), "GRPO has the outcome alone");
});

Deno.test("compareFrozen() sees one algorithm's credit that is broken, and no other's", () => {
  const algorithm = (name: string) => makeAlgorithm(name, name === "dapo" ? { gamma: 0.5 } : {});
  const checks = checksBrokenBy({ algorithm });
  assert.deepEqual(checks.filter((check) => !check.endsWith("dapo")), []);
  const broken = (name: string) => ({
    ...makeAlgorithm(name),
    ...(name === "grpo" ? { keeps: () => false } : {}),
  });
  assert.deepEqual(checksBrokenBy({ algorithm: broken }), ["advantages grpo"]);
});

Deno.test("compareFrozen() takes what is gone for a difference, what is new for news", () => {
  const { parsed: _, ...rest } = VALUES;
  assert.deepEqual(compareFrozen(VALUES, rest).differences.map(({ check }) => check), ["parsed"]);
  assert.deepEqual(compareFrozen(rest, VALUES), {
    differences: [],
    added: ["parsed"],
    same: Object.keys(rest).length,
  });
});

Deno.test("parseTrajectories() names the line that is none", () => {
  const line = JSON.stringify({ question: "1", seed: 0, turns: [] });
  assert.equal(parseTrajectories(`${line}\n${line}\n`, "a.jsonl").length, 2);
  assert.throws(() => parseTrajectories(`${line}\n{"question":1}`, "a.jsonl"), {
    name: "SyntaxError",
    message: /^Cannot read a\.jsonl as "question" of line 2 is wrong: /,
  });
});
