import assert from "finestep/assert";
import fc from "fast-check";
import { defaults } from "../../src/config/option.ts";
import { stepAdvantages, stepValues } from "../../src/credit/assign.ts";
import { CREDIT_OPTIONS, type CreditOptions } from "../../src/credit/options.ts";
import type { ScoredGroup, StepAdvantages } from "../../src/trajectory/group.ts";
import { scoredGroup, scoredTrajectory } from "./groups.ts";

const DEFAULTS = defaults(CREDIT_OPTIONS);

/** Three trajectories, two of them right: the worked example of the design notes. */
const WORKED = scoredGroup([
  { outcome: 1, process: [0.8, 1] },
  { outcome: 1, process: [0.2, 0, 1] },
  { outcome: 0, process: [0] },
]);

function assertClose(
  actual: readonly ArrayLike<number>[],
  expected: number[][],
  tolerance = 1e-6,
) {
  assert.deepEqual(actual.map(({ length }) => length), expected.map(({ length }) => length));
  expected.forEach((steps, g) =>
    steps.forEach((value, s) =>
      assert.ok(
        Math.abs(actual[g][s] - value) <= tolerance,
        `step ${s} of trajectory ${g}: ${actual[g][s]} instead of ${value}`,
      )
    )
  );
}

function advantages(changes: Partial<CreditOptions>, group: ScoredGroup = WORKED): StepAdvantages {
  return stepAdvantages(group, { ...DEFAULTS, ...changes });
}

const values = (changes: Partial<CreditOptions>) =>
  WORKED.map(({ rewards }) => stepValues(rewards, { ...DEFAULTS, ...changes }));

Deno.test("stepValues() mixes the discounted outcome with smoothed process rewards", () => {
  assertClose(values({}), [[0.9, 0.95], [0.455, 0.6, 0.75], [0]]);
});

Deno.test("stepValues() gives discounted returns in the form rtg", () => {
  assertClose(values({ creditForm: "rtg" }), [[1.305, 0.95], [0.7925, 0.825, 0.75], [0]]);
});

Deno.test("stepAdvantages() compares all steps of the group", () => {
  assertClose(advantages({}), [
    [0.828908, 0.971414],
    [-0.439393, -0.026126, 0.401391],
    [-1.736195],
  ]);
});

Deno.test("stepAdvantages() compares steps of the same index, as MatchTIR does", () => {
  assertClose(advantages({ normGroup: "step_index", singleton: "raw" }), [
    [0.996274, 0.707104],
    [0.007407, -0.707104, 0.749999],
    [-1.003681],
  ]);
});

Deno.test("stepAdvantages() gives a step without counterpart nothing by default", () => {
  assert.equal(advantages({ normGroup: "step_index" })[1][2], 0);
});

Deno.test("stepAdvantages() compares discounted returns in the form rtg", () => {
  assertClose(advantages({ creditForm: "rtg" }), [
    [1.249341, 0.419693],
    [0.05161, 0.127563, -0.047714],
    [-1.800492],
  ]);
});

Deno.test("stepAdvantages() gives GRPO's numbers when trajectories are compared by outcome", () => {
  assertClose(advantages({ normGroup: "trajectory", lambda: 1 }), [
    [0.577349, 0.577349],
    [0.577349, 0.577349, 0.577349],
    [-1.154699],
  ]);
});

Deno.test("stepAdvantages() compares mixed values of whole trajectories below lambda 1", () => {
  const changes = { normGroup: "trajectory", smoothing: "none", normStd: false } as const;
  // Values 0.5 * [1, 1, 0] + 0.5 * [0.9, 0.4, 0] = [0.95, 0.7, 0], of mean 0.55.
  assertClose(advantages(changes), [[0.4, 0.4], [0.15, 0.15, 0.15], [-0.55]], 1e-12);
});

Deno.test("stepAdvantages() compares steps taken from the same state", () => {
  const group = [
    scoredTrajectory({ outcome: 1, process: [1, 1], stateKeys: ["start", "asked"] }),
    scoredTrajectory({ outcome: 0, process: [0, 0], stateKeys: ["start", "other"] }),
    scoredTrajectory({ outcome: 0, process: [0.5], stateKeys: ["asked"] }),
  ];
  const changes = { normGroup: "anchor", lambda: 0, smoothing: "none", normStd: false } as const;
  assertClose(advantages(changes, group), [[0.5, 0.25], [-0.5, 0], [-0.25]], 1e-12);
});

Deno.test("stepAdvantages() adds the outcome's own advantage with its weight", () => {
  const changes = { trajectoryWeight: 0.5, stepWeight: 0.25 };
  const outcome = advantages({ normGroup: "trajectory", lambda: 1 });
  const steps = advantages({});
  const expected = steps.map((row, g) => Array.from(row, (a, s) => 0.5 * outcome[g][s] + 0.25 * a));
  assertClose(advantages(changes), expected, 1e-12);
});

Deno.test("stepAdvantages() subtracts the others' mean in RLOO", () => {
  const changes = { normGroup: "trajectory", lambda: 1, baseline: "leaveOneOut" } as const;
  assertClose(advantages(changes), [[0.5, 0.5], [0.5, 0.5, 0.5], [-1]], 1e-12);
});

Deno.test("stepAdvantages() gives the early step of a longer right trajectory less", () => {
  const group = scoredGroup([
    { outcome: 1, process: [1, 1] },
    { outcome: 1, process: [1, 1, 1, 1] },
  ]);
  const [short, long] = advantages({}, group);
  assert.ok(long[0] < short[0]);
  assert.ok(long[0] < 0);
});

Deno.test("stepAdvantages() keeps a gradient in a group of wrong answers", () => {
  const group = scoredGroup([{ outcome: 0, process: [1] }, { outcome: 0, process: [0] }]);
  assert.ok(advantages({}, group)[0][0] > 0.5);
});

const rewards = fc.double({ min: 0, max: 1, noNaN: true });
const groups = fc.array(
  fc.record({
    outcome: fc.constantFrom(0, 1),
    process: fc.array(rewards, { minLength: 1, maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 6 },
).map(scoredGroup);

Deno.test("stepAdvantages() sum to zero over what is compared", () => {
  fc.assert(fc.property(groups, (group) => {
    const pooled = advantages({}, group).flatMap((steps) => [...steps]);
    assert.ok(Math.abs(pooled.reduce((sum, a) => sum + a, 0)) < 1e-6);
  }));
});

Deno.test("stepAdvantages() do not depend on the order of trajectories", () => {
  const forms = fc.constantFrom("pooled", "step_index", "trajectory");
  fc.assert(fc.property(groups, forms, (group, normGroup) => {
    const changes = { normGroup, normStd: false } as const;
    const reversed = advantages(changes, group.toReversed()).toReversed();
    assertClose(reversed, advantages(changes, group).map((steps) => [...steps]), 1e-9);
  }));
});

Deno.test("stepAdvantages() do not depend on a constant added to outcomes", () => {
  const changes = { normGroup: "trajectory", lambda: 1, normStd: false } as const;
  fc.assert(fc.property(groups, (group) => {
    const shifted = group.map(({ rewards, stateKeys }) => ({
      stateKeys,
      rewards: { ...rewards, outcome: rewards.outcome + 3 },
    }));
    const expected = advantages(changes, group).map((steps) => [...steps]);
    assertClose(advantages(changes, shifted), expected, 1e-9);
  }));
});
