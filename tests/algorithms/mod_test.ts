import assert from "finestep/assert";
import { ALGORITHM_NAMES, makeAlgorithm, PRESETS } from "../../src/algorithms/mod.ts";
import { ALGORITHM_OPTIONS } from "../../src/algorithms/options.ts";
import { REWARD_PRESETS } from "../../src/rewards/options.ts";
import { scoredGroup } from "../credit/groups.ts";

const MIXED = scoredGroup([
  { outcome: 1, process: [0.8, 1] },
  { outcome: 1, process: [0.2, 0, 1] },
  { outcome: 0, process: [0] },
]);
const ALL_RIGHT = scoredGroup([{ outcome: 1, process: [1] }, { outcome: 1, process: [0.5, 0.5] }]);
const ALIKE = scoredGroup([{ outcome: 0, process: [0.1] }, { outcome: 0, process: [0.1] }]);

Deno.test("makeAlgorithm() knows every name it lists", () => {
  for (const name of ALGORITHM_NAMES) {
    const algorithm = makeAlgorithm(name);
    assert.equal(algorithm.name, name === "finestep" ? "finestep.default" : name);
    const advantages = algorithm.advantages(MIXED);
    assert.deepEqual(advantages.map(({ length }) => length), [2, 3, 1], name);
  }
});

Deno.test("makeAlgorithm() records every option in force", () => {
  const { options } = makeAlgorithm("dapo", { gamma: 0.5 });
  assert.deepEqual(Object.keys(options).sort(), Object.keys(ALGORITHM_OPTIONS).sort());
  assert.deepEqual(
    [options.gamma, options.clipHigh, options.resample, options.klEstimator],
    [0.5, 0.28, true, "k3"],
  );
});

Deno.test("makeAlgorithm() takes undefined as not given", () => {
  assert.deepEqual(
    makeAlgorithm("gspo", { clipLow: undefined }).options,
    makeAlgorithm("gspo").options,
  );
});

Deno.test("makeAlgorithm() refuses unknown names, options and values", () => {
  assert.throws(() => makeAlgorithm("ppo"), {
    name: "RangeError",
    message: /^Cannot make algorithm "ppo" as it is unknown: those known are finestep, /,
  });
  assert.throws(() => makeAlgorithm("toString"), RangeError);
  assert.throws(() => makeAlgorithm("grpo", { clip: 0.2 }), {
    name: "RangeError",
    message: /^Cannot set "clip" as it is not an option of grpo: those are lambda, gamma, /,
  });
  assert.throws(() => makeAlgorithm("sft", { gamma: 1 }), RangeError);
  assert.throws(() => makeAlgorithm("grpo", { gamma: 1.5 }), RangeError);
  assert.throws(() => makeAlgorithm("grpo", { ratio: "word" }), RangeError);
  assert.throws(() => makeAlgorithm("grpo", { gamma: "0.5" }), {
    name: "TypeError",
    message: 'Cannot set "gamma" as it must be a number: current value is "0.5"',
  });
});

Deno.test("every preset changes options that exist to values they allow", () => {
  for (const [name, preset] of Object.entries(PRESETS)) makeAlgorithm(name, { ...preset });
});

Deno.test("every preset of the rewards belongs to an algorithm", () => {
  for (const name of Object.keys(REWARD_PRESETS)) assert.ok(Object.hasOwn(PRESETS, name), name);
});

Deno.test("grpo's advantages are those of the outcomes, the same for all steps", () => {
  const [right, alsoRight, wrong] = makeAlgorithm("grpo").advantages(MIXED);
  const std = Math.sqrt(1 / 3);
  assert.ok(Math.abs(right[0] - (1 / 3) / (std + 1e-6)) < 1e-15);
  assert.ok(Math.abs(wrong[0] - (-2 / 3) / (std + 1e-6)) < 1e-15);
  assert.deepEqual([...right, ...alsoRight], Array(5).fill(right[0]));
});

Deno.test("finestep.outcomeOnly with trajectories compared is grpo exactly", () => {
  const finestep = makeAlgorithm("finestep.outcomeOnly", { normGroup: "trajectory" });
  const grpo = makeAlgorithm("grpo");
  assert.deepEqual(finestep.advantages(MIXED), grpo.advantages(MIXED));
});

Deno.test("finestep on one-step trajectories with equal process rewards is grpo", () => {
  const group = scoredGroup([1, 0, 0, 1].map((outcome) => ({ outcome, process: [0.7] })));
  const finestep = makeAlgorithm("finestep").advantages(group);
  const grpo = makeAlgorithm("grpo").advantages(group);
  // Lambda halves the differences, so that the 1e-6 beside the standard deviation weighs double.
  finestep.forEach(([value], g) => assert.ok(Math.abs(value - grpo[g][0]) < 2e-6));
});

Deno.test("finestep tells steps of one trajectory apart where grpo does not", () => {
  const [, finestep] = makeAlgorithm("finestep").advantages(MIXED);
  assert.equal(new Set(finestep).size, 3);
});

Deno.test("dapo leaves out groups with equal outcomes and asks for more", () => {
  const dapo = makeAlgorithm("dapo");
  assert.deepEqual([MIXED, ALL_RIGHT, ALIKE].map(dapo.keeps), [true, false, false]);
  assert.equal(dapo.resamples, true);
});

Deno.test("finestep keeps groups with equal outcomes, as their process rewards differ", () => {
  const finestep = makeAlgorithm("finestep");
  assert.deepEqual([MIXED, ALL_RIGHT, ALIKE].map(finestep.keeps), [true, true, true]);
  assert.equal(finestep.resamples, false);
  const strict = makeAlgorithm("finestep", { dropZeroVariance: "step" });
  assert.deepEqual([MIXED, ALL_RIGHT, ALIKE].map(strict.keeps), [true, true, false]);
});

Deno.test("gigpo adds what a step did better than others from the same state", () => {
  const group = scoredGroup([
    { outcome: 1, process: [0], stateKeys: ["start"] },
    { outcome: 0, process: [0, 0], stateKeys: ["start", "later"] },
  ]);
  // Outcomes 1 and 0 differ from their mean by 0.5, and so do the returns from "start".
  assert.deepEqual(makeAlgorithm("gigpo").advantages(group), [
    Float64Array.of(1),
    Float64Array.of(-1, -0.5),
  ]);
});

Deno.test("matchtir halves the sum of the trajectory's and the turn's advantage", () => {
  const group = scoredGroup([{ outcome: 1, process: [0.5, 1] }, { outcome: 0, process: [0.4] }]);
  const [[first, tail], [other]] = makeAlgorithm("matchtir").advantages(group);
  const outcome = Math.SQRT1_2;
  // Returns at the first turn are 0.5 + 0.9 and 0.4; the second turn has no counterpart.
  assert.ok(Math.abs(first - (outcome + Math.SQRT1_2) / 2) < 1e-5);
  assert.ok(Math.abs(tail - (outcome + 1) / 2) < 1e-5);
  assert.ok(Math.abs(other + (outcome + Math.SQRT1_2) / 2) < 1e-5);
});
