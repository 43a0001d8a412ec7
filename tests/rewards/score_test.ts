import assert from "finestep/assert";
import { defaults } from "../../src/config/option.ts";
import { REWARD_OPTIONS, type RewardOptions, rewardOptions } from "../../src/rewards/options.ts";
import { score, scored } from "../../src/rewards/score.ts";
import type { Step } from "../../src/trajectory/episode.ts";
import { answer, call, episode, failure, rows, VIOLATION } from "./episodes.ts";

const GOLD = rows([1n], [2n]);
const HALF = call("SELECT id FROM t LIMIT 1", rows([1n]));
const FAILED = call("SELECT id FROM u", failure("no such table: u"));
const RIGHT = answer("SELECT id FROM t", rows([2n], [1]));
const WRONG = answer("SELECT id FROM t LIMIT 1", rows([1n]));

function rewardsOf(steps: readonly Step[], changes: Partial<RewardOptions> = {}) {
  return score(episode(steps, GOLD), { ...defaults(REWARD_OPTIONS), ...changes });
}

const processOf = (steps: readonly Step[], changes: Partial<RewardOptions> = {}) => [
  ...rewardsOf(steps, changes).process,
];

Deno.test("score() pays a step half for keeping the rules and half for its recall", () => {
  const rewards = rewardsOf([HALF, FAILED, VIOLATION, RIGHT]);
  assert.deepEqual(rewards, {
    outcome: 1,
    process: Float64Array.of(0.75, 0, 0, 1),
    hard: Float64Array.of(1, 0, 0, 1),
    recall: Float64Array.of(0.5, 0, 0, 1),
    isCorrect: true,
  });
});

Deno.test("score() gives an episode without answer no outcome, but keeps its process rewards", () => {
  const { outcome, isCorrect, process } = rewardsOf([HALF]);
  assert.deepEqual([outcome, isCorrect, process[0]], [0, false, 0.75]);
});

Deno.test("score() takes an episode without steps", () => {
  const { outcome, process } = rewardsOf([]);
  assert.deepEqual([outcome, process.length], [0, 0]);
});

Deno.test("score() gives no outcome where the gold failed", () => {
  const steps = [answer("SELECT 1", rows([1n]))];
  const rewards = score(episode(steps, failure("timeout")), defaults(REWARD_OPTIONS));
  assert.equal(rewards.isCorrect, false);
});

Deno.test("score() gives no outcome to an answer that a cap cut, as EX gives none", () => {
  const cut = { ...rows([1n], [2n]), truncated: true };
  const { outcome, isCorrect } = rewardsOf([answer("SELECT id FROM t", cut)]);
  assert.deepEqual([outcome, isCorrect], [0, false]);
});

Deno.test("score() grades a wrong answer that runs by ex_exec", () => {
  const broken = answer("SELECT x", failure("no such column: x"));
  const outcomes = [[RIGHT], [WRONG], [broken], [HALF]].map((steps) =>
    rewardsOf(steps, { outcome: "ex_exec" }).outcome
  );
  assert.deepEqual(outcomes, [1, 0.1, 0, 0]);
});

Deno.test("score() punishes a broken format by skyrl, unless the answer is right", () => {
  const outcomes = [[RIGHT], [VIOLATION, RIGHT], [WRONG], [VIOLATION, WRONG], [HALF]].map((steps) =>
    rewardsOf(steps, { outcome: "skyrl" }).outcome
  );
  assert.deepEqual(outcomes, [1, 1, 0, -1, -1]);
});

Deno.test("score() tells failing SQL from a broken format by graded and signed", () => {
  const steps = [VIOLATION, FAILED, RIGHT];
  assert.deepEqual(rewardsOf(steps, { hardMode: "graded" }).hard, Float64Array.of(0, 0.2, 1));
  assert.deepEqual(rewardsOf(steps, { hardMode: "signed" }).hard, Float64Array.of(-1, 0, 1));
});

Deno.test("score() counts refused, timed out and too large statements as failing", () => {
  const steps = (["refused", "timeout", "too_large", "crashed"] as const).map((kind) =>
    call(`SELECT ${kind}`, failure("", kind))
  );
  assert.deepEqual(rewardsOf(steps).hard, new Float64Array(4));
});

Deno.test("score() can ask for reasoning", () => {
  const silent = call("SELECT id FROM t", rows([1n]), " ");
  assert.deepEqual(processOf([silent]), [0.75]);
  assert.deepEqual(processOf([silent], { requireReasoning: true }), [0]);
});

Deno.test("score() without soft reward leaves the hard constraint", () => {
  const rewards = rewardsOf([HALF, FAILED, RIGHT], { softWeight: 0 });
  assert.deepEqual(rewards.process, rewards.hard);
});

Deno.test("score() by sum equals the gate where failed steps recall nothing", () => {
  const steps = [HALF, FAILED, VIOLATION, RIGHT];
  assert.deepEqual(processOf(steps, { processCombine: "sum" }), processOf(steps));
});

Deno.test("score() can leave the answer's recall to the outcome", () => {
  assert.deepEqual(processOf([HALF, WRONG], { finalStepProcess: "hard" }), [0.75, 1]);
  assert.deepEqual(processOf([HALF, WRONG]), [0.75, 0.75]);
});

Deno.test("score() takes the penalty off calls that repeat an earlier one, not off the first", () => {
  const spelledOtherwise = call("select  ID from T limit 1;", rows([1n]));
  const sameFailure = call("SELECT name FROM u", failure("no such table: u"));
  const steps = [HALF, spelledOtherwise, FAILED, sameFailure, WRONG];
  assert.deepEqual(processOf(steps, { redundancyPenalty: 0.25 }), [0.75, 0.5, 0, -0.25, 0.75]);
  assert.deepEqual(processOf(steps), [0.75, 0.75, 0, 0, 0.75]);
});

Deno.test("score() takes a failure as repeated by the metric's rule: same subject, no timeout", () => {
  const penaltiesOf = (...steps: Step[]) =>
    processOf(steps, { redundancyPenalty: 0.1 }).map((reward) => reward < 0);
  const missing = (column: string) =>
    call(`SELECT ${column} FROM t`, failure(`no such column: ${column}`));
  const slow = (sql: string) => call(sql, { ...failure("Stopped after 5000 ms"), kind: "timeout" });
  assert.deepEqual(penaltiesOf(missing("x"), missing("y"), missing("X")), [false, false, true]);
  assert.deepEqual(penaltiesOf(slow("SELECT 1"), slow("SELECT 2")), [false, false]);
});

Deno.test("score() scores a step by itself: other steps do not change its process reward", () => {
  const alone = [HALF, FAILED, RIGHT].map((step) => processOf([step])[0]);
  assert.deepEqual(processOf([HALF, FAILED, RIGHT]), alone);
});

Deno.test("scored() keys a step's state by what was asked before, in any order", () => {
  const other = call("SELECT name FROM t", rows(["a"]));
  const options = defaults(REWARD_OPTIONS);
  const keysOf = (steps: Step[]) => scored(episode(steps, GOLD), options).stateKeys;
  const [first, second, third] = keysOf([HALF, other, RIGHT]);
  const [alsoFirst, otherSecond, alsoThird] = keysOf([other, HALF, WRONG]);
  assert.equal(first, alsoFirst);
  assert.notEqual(second, otherSecond);
  assert.equal(third, alsoThird);
  assert.equal(keysOf([HALF, HALF, RIGHT])[2], second);
});

Deno.test("rewardOptions() refuses unknown names and values", () => {
  assert.throws(() => rewardOptions("grpo", { lambda: 1 }), {
    name: "RangeError",
    message: /^Cannot set "lambda" as it is not an option of the rewards: those are outcome, /,
  });
  assert.throws(() => rewardOptions("grpo", { recall: "schema" }), RangeError);
});

Deno.test("rewardOptions() guards the recall of finestep.guarded", () => {
  assert.equal(rewardOptions("finestep.guarded").recallGuard, "rowFactor");
  assert.equal(rewardOptions("finestep.guarded", { recallGuard: "none" }).recallGuard, "none");
});
