import assert from "finestep/assert";
import { wilsonInterval } from "../../src/evaluation/statistics.ts";
import { differences, solvedByBoth, summarize } from "../../src/evaluation/summary.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { aCall, aVerdict } from "./results.ts";

const OPTIONS = { seed: 1, resamples: 200 };

/** a: right, 2 calls, one of them repeated; b: half right, 1 failing call; c: no answer, 1 violation. */
const VERDICTS: readonly Verdict[] = [
  aVerdict({ exampleId: "a", calls: [aCall(), aCall({ category: "R1" })], messageCount: 3 }),
  aVerdict({
    exampleId: "b",
    isCorrect: false,
    isStrictlyCorrect: true,
    disagreement: "float_tolerance",
    softF1: 0.5,
    calls: [aCall({ hasFailed: true })],
    messageCount: 2,
  }),
  aVerdict({ exampleId: "c", isCorrect: false, violationCount: 1 }),
];

function wrong(exampleId: string): Verdict {
  return aVerdict({ exampleId, isCorrect: false });
}

Deno.test("summarize() measures right answers, calls and violations", () => {
  const { n, measures } = summarize(VERDICTS, OPTIONS);
  const values = Object.entries(measures).map(([name, { value }]) => [name, value]);
  assert.equal(n, 3);
  assert.deepEqual(Object.fromEntries(values), {
    ex: 1 / 3,
    strict_ex: 2 / 3,
    soft_f1: 0.5,
    redundant_tool_calls: 1 / 3,
    tool_calls: 1,
    failed_tool_calls: 1 / 3,
    format_violations: 1 / 6,
  });
});

Deno.test("summarize() measures R-VES by square roots of rewards where all were timed", () => {
  const timed = [
    aVerdict({ exampleId: "a", rVesReward: 1.25 }),
    aVerdict({ exampleId: "b", isCorrect: false, rVesReward: 0 }),
  ];
  const { r_ves } = summarize(timed, OPTIONS).measures;
  const partly = summarize([...timed, aVerdict({ exampleId: "c" })], OPTIONS).measures;
  assert.equal(partly.r_ves, undefined);
  assert.deepEqual(r_ves, { value: Math.sqrt(1.25) / 2, low: 0, high: Math.sqrt(1.25), n: 2 });
});

Deno.test("summarize() gives EX and strict EX Wilson's interval and the others one around their value", () => {
  const { measures } = summarize(VERDICTS, OPTIONS);
  assert.deepEqual(measures.ex, { value: 1 / 3, ...wilsonInterval(1, 3), n: 3 });
  assert.deepEqual(measures.strict_ex, { value: 2 / 3, ...wilsonInterval(2, 3), n: 3 });
  for (const { value, low, high, n } of Object.values(measures)) {
    assert.ok(low <= value && value <= high && low < high);
    assert.equal(n, 3);
  }
});

Deno.test("summarize() gives the same intervals for the same seed", () => {
  assert.deepEqual(summarize(VERDICTS, OPTIONS), summarize(VERDICTS, OPTIONS));
});

Deno.test("summarize() counts several attempts at a question as one question", () => {
  const attempts = [1, 2, 3, 4].map(() => VERDICTS[0]);
  const { ex } = summarize([...attempts, VERDICTS[1]], OPTIONS).measures;
  assert.deepEqual([ex.value, ex.n], [0.8, 2]);
  // With two questions a resample often draws the same one twice.
  assert.deepEqual([ex.low, ex.high], [0, 1]);
});

Deno.test("summarize() holds the breakdown, disagreements and redundancy of its verdicts", () => {
  const { breakdown, disagreements, redundancy } = summarize(VERDICTS, OPTIONS);
  assert.deepEqual([breakdown.total.right, breakdown.total.n], [1, 3]);
  assert.equal(disagreements.counts.get("same")?.count, 2);
  assert.equal(redundancy.categoryRates.R1, 1 / 3);
  assert.equal(redundancy.redundantCount, 1);
});

Deno.test("summarize() sums up nothing", () => {
  const { n, measures } = summarize([], OPTIONS);
  assert.equal(n, 0);
  assert.deepEqual(measures.ex, { value: 0, low: 0, high: 1, n: 0 });
  assert.deepEqual(measures.tool_calls, { value: 0, low: 0, high: 0, n: 0 });
});

Deno.test("differences() is after minus before on the questions of both, in any order", () => {
  const after = [aVerdict({ exampleId: "b" }), aVerdict({ exampleId: "a", calls: [aCall()] })];
  const { ex, tool_calls, redundant_tool_calls } = differences(VERDICTS, after, OPTIONS);
  assert.deepEqual([ex.value, ex.n], [0.5, 2]);
  assert.deepEqual([tool_calls.value, tool_calls.n], [-1, 2]);
  assert.equal(redundant_tool_calls.value, -1 / 3);
  assert.ok(ex.low >= 0 && ex.high <= 1);
});

Deno.test("differences() of an evaluation and itself is exactly zero", () => {
  for (const measurement of Object.values(differences(VERDICTS, VERDICTS, OPTIONS))) {
    assert.deepEqual(measurement, { value: 0, low: 0, high: 0, n: 3 });
  }
});

Deno.test("differences() compares R-VES only where both evaluations were timed", () => {
  const timed = VERDICTS.map((verdict) => ({ ...verdict, rVesReward: Number(verdict.isCorrect) }));
  assert.equal(differences(VERDICTS, timed, OPTIONS).r_ves, undefined);
  assert.equal(differences(timed, timed, OPTIONS).r_ves?.value, 0);
});

Deno.test("solvedByBoth() keeps questions that every attempt of both answered right", () => {
  const right = (exampleId: string) => aVerdict({ exampleId });
  const before = [right("a"), right("b"), right("c"), wrong("d")];
  const after = [right("a"), right("b"), wrong("b"), wrong("c"), right("d")];
  const ids = (verdicts: Verdict[]) => verdicts.map(({ exampleId }) => exampleId);
  assert.deepEqual(solvedByBoth(before, after).map(ids), [["a"], ["a"]]);
});
