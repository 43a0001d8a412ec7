import assert from "finestep/assert";
import { summarize } from "../../src/evaluation/summary.ts";
import type { Verdict } from "../../src/evaluation/verdict.ts";
import { scoresOf } from "../../src/leaderboard/scores.ts";
import type { Metric } from "../../src/store/run_store.ts";
import { aVerdict, REPEATED_CALLS } from "../reports/exported_runs.ts";

/** Four questions, of which some are right, with as many calls each as given. */
function verdicts(right: readonly number[], calls: readonly number[]): Verdict[] {
  return right.map((isRight, index) =>
    aVerdict({
      exampleId: `${index}`,
      isCorrect: isRight === 1,
      calls: REPEATED_CALLS.slice(0, calls[index]),
    })
  );
}

function findings(verdicts: readonly Verdict[]) {
  const metrics = Object.entries(summarize(verdicts, { seed: 1 }).measures)
    .map(([name, measure]): Metric => ({ phase: "eval", name, ...measure }));
  return { verdicts, metrics };
}

const FIRST = findings(verdicts([1, 1, 1, 0], [2, 2, 0, 0]));
const SECOND = findings(verdicts([1, 0, 0, 0], [1, 0, 0, 0]));

Deno.test("scoresOf() has the stored numbers of a single evaluation", () => {
  const { ex } = scoresOf([FIRST]);
  const stored = FIRST.metrics.find(({ name }) => name === "ex")!;
  assert.deepEqual(ex, {
    value: 0.75,
    low: stored.low,
    high: stored.high,
    n: 4,
    overSeeds: null,
  });
});

Deno.test("scoresOf() sums over seeds and questions, and has mean and sd of the seeds", () => {
  const { ex, redundant_tool_calls, tool_calls } = scoresOf([FIRST, SECOND]);
  assert.deepEqual([ex.value, ex.n], [0.5, 4]);
  // Shares of 0.75 and 0.25: the standard deviation is 0.25 * sqrt(2).
  assert.equal(ex.overSeeds!.mean, 0.5);
  assert.equal(ex.overSeeds!.sd.toFixed(12), (0.25 * Math.SQRT2).toFixed(12));
  assert(ex.low! < 0.5 && ex.high! > 0.5);
  // 2 of 4 calls and 0 of 1: 2 of 5 in sum, and a quarter as the mean of the two rates.
  assert.equal(redundant_tool_calls.value, 2 / 5);
  assert.equal(redundant_tool_calls.overSeeds!.mean, 1 / 4);
  assert.equal(tool_calls.value, 5 / 8);
});

Deno.test("scoresOf() has an interval of no width where seeds and questions are all alike", () => {
  const all = findings(verdicts([1, 1, 1, 1], [0, 0, 0, 0]));
  const { value, low, high, overSeeds } = scoresOf([all, all]).ex;
  assert.deepEqual([value, low, high], [1, 1, 1]);
  assert.deepEqual(overSeeds, { mean: 1, sd: 0 });
});

Deno.test("scoresOf() is the same in every call", () => {
  assert.deepEqual(scoresOf([FIRST, SECOND]), scoresOf([FIRST, SECOND]));
});

Deno.test("scoresOf() averages EX without quarantined questions, without an interval", () => {
  const sound = (value: number): Metric => ({
    ...{ phase: "eval", name: "sound_ex", value, low: 0, high: 1, n: 3 },
  });
  const [first, second] = [FIRST, SECOND].map((found, index) => ({
    ...found,
    metrics: [...found.metrics, sound(index === 0 ? 2 / 3 : 0)],
  }));
  const { sound_ex } = scoresOf([first, second]);
  assert.deepEqual([sound_ex.low, sound_ex.high, sound_ex.n], [null, null, 3]);
  assert.equal(sound_ex.value.toFixed(12), (1 / 3).toFixed(12));
});

Deno.test("scoresOf() has only what all evaluations measured", () => {
  const timed = { ...FIRST, metrics: [...FIRST.metrics, { ...FIRST.metrics[0], name: "r_ves" }] };
  assert(!("r_ves" in scoresOf([timed, SECOND])));
  assert(!("r_ves" in scoresOf([SECOND, timed])));
});
