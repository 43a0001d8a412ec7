import assert from "finestep/assert";
import { ALGORITHM_NAMES, makeAlgorithm } from "../../../src/algorithms/mod.ts";
import { redundancyOf } from "../../../src/evaluation/redundancy.ts";
import {
  type ShownOptions,
  shownTrajectories,
  type ShownTrajectory,
} from "../../../src/pages/trajectories/mod.ts";
import { rewardOptions } from "../../../src/rewards/options.ts";
import { scored } from "../../../src/rewards/score.ts";
import type { EpisodeRecord, Run } from "../../../src/store/run_store.ts";
import type { Episode } from "../../../src/trajectory/episode.ts";
import { answer, call, episode, rows } from "../../rewards/episodes.ts";
import { asking, ATTEMPTS, evalRun, GOLD, recordsOf, runOf } from "./attempts.ts";

const shown = (run: Run, records: readonly EpisodeRecord[], options?: ShownOptions) => [
  ...shownTrajectories(run, records, options),
];
const advantagesOf = (trajectories: readonly ShownTrajectory[]) =>
  trajectories.map(({ steps }) => steps.map(({ credit }) => credit.advantage));
const trained = (name: string, group: readonly Episode[], credit = {}, rewards = {}) => {
  const algorithm = makeAlgorithm(name, credit);
  const options = rewardOptions(algorithm.name, rewards);
  return algorithm.advantages(group.map((episode) => scored(episode, options)))
    .map((steps) => [...steps]);
};

for (const name of ALGORITHM_NAMES.filter((name) => name !== "sft")) {
  Deno.test(`shownTrajectories() shows the advantages that ${name} trains with`, () => {
    assert.deepEqual(
      advantagesOf(shown(runOf(name), recordsOf(ATTEMPTS))),
      trained(name, ATTEMPTS),
    );
  });
}

Deno.test("shownTrajectories() scores by the options that the run recorded", () => {
  const credit = { lambda: 0.8, smoothing: "none", normStd: false };
  const rewards = { outcome: "skyrl", softWeight: 0.2 };
  const found = advantagesOf(
    shown(runOf("finestep", { credit, rewards }), recordsOf(ATTEMPTS)),
  );
  assert.deepEqual(found, trained("finestep", ATTEMPTS, credit, rewards));
  assert.notDeepEqual(found, trained("finestep", ATTEMPTS));
});

Deno.test("shownTrajectories() shows the parts that an advantage is made of", () => {
  const [, second] = shown(runOf("finestep"), recordsOf(ATTEMPTS));
  const [first] = second.steps;
  // Every step of it has all of the gold result, and the answer is two steps later.
  const { hard, recall, process, smoothed, discounted, value } = first.credit;
  assert.deepEqual([hard, recall, process, smoothed], [1, 1, 1, 1]);
  assert.equal(discounted, 0.9 ** 2);
  assert.equal(value, 0.5 * 0.9 ** 2 + 0.5);
});

Deno.test("shownTrajectories() compares attempts of one train step and one question only", () => {
  const other = asking("Other?", "2", ATTEMPTS.slice(0, 2));
  const records = [
    ...recordsOf(ATTEMPTS),
    ...recordsOf(ATTEMPTS.toReversed(), { trainStep: 1 }),
    ...recordsOf(other, { trainStep: 1 }),
  ];
  const found = shown(runOf("finestep"), records);
  assert.deepEqual(advantagesOf(found), [
    ...trained("finestep", ATTEMPTS),
    ...trained("finestep", ATTEMPTS.toReversed()),
    ...trained("finestep", other),
  ]);
  assert.deepEqual(found.map(({ trainStep }) => trainStep), [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
});

Deno.test("shownTrajectories() takes a question drawn twice in a train step for two groups", () => {
  const halves = [ATTEMPTS.slice(0, 2), ATTEMPTS.slice(2)];
  const found = shown(runOf("finestep", { groupSize: 2 }), recordsOf(ATTEMPTS));
  assert.deepEqual(advantagesOf(found), halves.flatMap((half) => trained("finestep", half)));
  assert.deepEqual(found.map(({ attempt }) => attempt), [0, 1, 0, 1]);
});

Deno.test("shownTrajectories() says which groups dapo left out, and which it had no need of", () => {
  const equal = asking("Equal?", "equal", [ATTEMPTS[0], ATTEMPTS[1]]);
  const unequal = ["a", "b"].map((id) => asking(`${id}?`, id, [ATTEMPTS[0], ATTEMPTS[2]]));
  const found = shown(
    runOf("dapo", { groupSize: 2, groupsPerStep: 1 }),
    recordsOf([equal, ...unequal].flat()),
  );
  assert.deepEqual(
    found.map(({ use, question }) => `${question.exampleId} ${use}`),
    ["equal", "equal"].map((id) => `${id} leftOut`)
      .concat("a trained", "a trained", "b leftOut", "b leftOut"),
  );
});

Deno.test("shownTrajectories() compares the samples of an evaluation, however they lie", () => {
  const other = asking("Other?", "2");
  const mixed = ATTEMPTS.flatMap((attempt, n) => [attempt, other[n]]);
  const records = recordsOf(mixed, { phase: "eval", trainStep: null });
  const found = shown(evalRun(2), records, { trainedBy: runOf("grpo") });
  assert.deepEqual(advantagesOf(found), [
    ...trained("grpo", ATTEMPTS),
    ...trained("grpo", ATTEMPTS),
  ]);
  assert.deepEqual([...new Set(found.map(({ use, algorithm }) => `${use} ${algorithm}`))], [
    "evaluated grpo",
  ]);
});

Deno.test("shownTrajectories() scores what no policy gradient trained as finestep.default", () => {
  const records = recordsOf(ATTEMPTS, { phase: "eval", trainStep: null });
  const [start] = shown(evalRun(2), records, { policy: "start" });
  assert.deepEqual([start.algorithm, start.scoredBy], ["start", "finestep.default"]);
  const sft = { ...runOf("finestep", { groupSize: 1 }), algorithm: "sft", options: {} };
  const training = { groupSize: 1, groupsPerStep: 8 };
  const [imitated] = shown({ ...sft, options: { training } }, recordsOf(ATTEMPTS.slice(0, 1)));
  assert.deepEqual([imitated.use, imitated.scoredBy], ["imitated", "finestep.default"]);
  assert.equal(imitated.steps[0].credit.advantage, null);
});

Deno.test("shownTrajectories() calls a variant of an algorithm by its own name", () => {
  const run = runOf("finestep", { credit: { smoothing: "none" } });
  const [variant] = shown(run, recordsOf(ATTEMPTS), { policy: "finestep, no smoothing" });
  const [plain] = shown(run, recordsOf(ATTEMPTS));
  assert.equal(variant.algorithm, "finestep, no smoothing");
  assert.equal(plain.algorithm, "finestep.default");
});

Deno.test("shownTrajectories() has no advantage for the only sample of an evaluation", () => {
  const alone = ATTEMPTS.slice(1, 2);
  const evaluated = recordsOf(alone, { phase: "after", trainStep: null });
  assert.deepEqual(advantagesOf(shown(runOf("finestep"), evaluated)), [[null, null, null]]);
  // A group of one that was trained on had its steps compared with each other.
  assert.deepEqual(
    advantagesOf(shown(runOf("finestep"), recordsOf(alone))),
    trained("finestep", alone),
  );
});

Deno.test("shownTrajectories() has each call's redundancy classes at its step", () => {
  const found = shown(runOf("finestep"), recordsOf(ATTEMPTS));
  const { calls } = redundancyOf(ATTEMPTS[1]);
  assert.deepEqual(found[1].steps.map(({ classes }) => classes), [
    ...calls.map(({ classes }) => classes),
    [],
  ]);
  assert.ok(calls[1].classes.includes("R1"));
});

Deno.test("shownTrajectories() keeps the first rows and columns of a result and says its size", () => {
  const long = Array.from({ length: 20 }, (_, n) => [BigInt(n), null, "x".repeat(100)]);
  const wide = [Array.from({ length: 10 }, () => 1.5)];
  const cut = { ...rows(...long), truncated: true };
  const steps = [call("SELECT long", cut), answer("SELECT wide", rows(...wide))];
  const [{ steps: [first, last] }] = shown(
    runOf("finestep"),
    recordsOf([episode(steps, GOLD)]),
  );
  assert.ok(first.result?.kind === "rows" && last.result?.kind === "rows");
  assert.deepEqual(first.result.rows[0], ["0", null, `${"x".repeat(80)}… (20 more characters)`]);
  const { rowCount, columnCount, isCut } = first.result;
  assert.deepEqual([first.result.rows.length, rowCount, columnCount, isCut], [5, 20, 3, true]);
  assert.deepEqual([last.result.rows[0].length, last.result.columnCount], [8, 10]);
});

Deno.test("shownTrajectories() cuts a long text between characters", () => {
  const sql = "x".repeat(3999) + "😀".repeat(5);
  const steps = [answer(sql, GOLD)];
  const [{ steps: [only] }] = shown(runOf("finestep"), recordsOf([episode(steps, GOLD)]));
  assert.equal(only.text, `${"x".repeat(3999)}… (10 more characters)`);
});

Deno.test("shownTrajectories() gives nothing for no records", () => {
  assert.deepEqual(shown(runOf("finestep"), []), []);
});
