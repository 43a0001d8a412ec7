import assert from "finestep/assert";
import type { Outcome } from "../../src/evaluation/verdict.ts";
import { PLAIN } from "../../src/reports/style.ts";
import {
  type EvaluationCounts,
  evaluationLine,
  outcomesLine,
  watchedEvaluations,
} from "../../src/reports/watch_evaluation.ts";
import type { Tally } from "../../src/store/live_runs.ts";
import type { Metric, Phase } from "../../src/store/run_store.ts";
import { aRun } from "./watched.ts";

function tally(phase: Phase, exampleId: string, outcome: Outcome, verdicts = 1): Tally {
  return { phase, exampleId, outcome, verdicts, right: outcome === "right" ? verdicts : 0 };
}

function evaluations(changes: Partial<EvaluationCounts>) {
  return watchedEvaluations({
    ...{ run: aRun(), tallies: [], callCounts: [], metrics: [], perSecond: new Map() },
    ...changes,
  });
}

Deno.test("watchedEvaluations() has Wilson's interval of one attempt at each question", () => {
  const tallies = ["a", "b", "c", "d"].map((id, i) =>
    tally("before", id, i < 2 ? "right" : "no_answer")
  );
  const [before, ...others] = evaluations({ tallies });
  assert.equal(others.length, 0);
  // 0.5 ± 0.35: (p + z²/2n ± z sqrt(p q / n + z²/4n²)) / (1 + z²/n) at n = 4, z = 1.96.
  assert.equal(evaluationLine(before, PLAIN), "before  EX 50.0 +/- 35.0 (n = 4 so far)");
  assert.equal(outcomesLine(before), "outcomes  right 2 (50.0 %)  no_answer 2 (50.0 %)");
  assert.deepEqual([before.done, before.total, before.isComplete], [4, null, false]);
});

Deno.test("watchedEvaluations() takes attempts at one question for one", () => {
  const tallies = [tally("eval", "a", "right", 4), tally("eval", "b", "format", 4)];
  const [{ ex, done }] = evaluations({ tallies });
  assert.deepEqual({ ...ex, done }, { value: 0.5, low: 0, high: 1, n: 2, done: 8 });
  assert.equal(evaluations({ tallies })[0].ex.low, ex.low);
});

Deno.test("watchedEvaluations() has of a complete evaluation what was stored", () => {
  const ex: Metric = { phase: "before", name: "ex", value: 0.25, low: 0.2, high: 0.3, n: 2 };
  const [before, after] = evaluations({
    tallies: [
      tally("before", "a", "right"),
      tally("before", "b", "format"),
      tally("after", "a", "right"),
    ],
    callCounts: [{ phase: "before", episodes: 2, calls: 4, redundant: 1 }],
    metrics: [ex],
    perSecond: new Map([["after", 3]]),
  });
  assert.equal(
    evaluationLine(before, PLAIN),
    "before  EX 25.0 +/- 5.0 (n = 2)  redundant 25.0 %  calls 2.00",
  );
  assert.deepEqual([before.total, before.isComplete], [2, true]);
  // As many questions as before.
  assert.deepEqual([after.done, after.total, after.perSecond], [1, 2, 3]);
});
