import assert from "finestep/assert";
import type { AttemptResult } from "../../src/gate/attempt.ts";
import {
  compareMetrics,
  type MetricName,
  type MetricReport,
  METRICS,
} from "../../src/gate/metrics.ts";
import { holm, questionsNeeded, seedsNeeded } from "../../src/evaluation/statistics.ts";
import { assertClose, CASES, sumsOf } from "../evaluation/statistics/golden.ts";
import { asExams, attempt, attempts, firstRight, OPTIONS } from "./attempts.ts";

function byName(reports: readonly MetricReport[]): Record<MetricName, MetricReport> {
  return Object.fromEntries(reports.map((one) => [one.name, one])) as Record<
    MetricName,
    MetricReport
  >;
}

Deno.test("compareMetrics() gives the rates that the golden files have, by question and by database", () => {
  for (
    const { before, after, clusters, seed, resamples, byQuestion, byCluster } of CASES.bootstraps
  ) {
    const asAttempts = (seeds: typeof before): AttemptResult[] => {
      const [{ numerators, denominators }] = sumsOf(seeds);
      return clusters.map((databaseId, n) =>
        attempt({
          exampleId: `${n}`,
          databaseId,
          redundant: numerators[n],
          calls: denominators[n],
        })
      );
    };
    const { redundantCalls } = byName(
      compareMetrics(asExams(asAttempts(before)), asExams(asAttempts(after)), {
        ...OPTIONS,
        seed,
        resamples,
      }),
    );
    for (const key of ["estimate", "low", "high", "pValue"] as const) {
      assertClose(redundantCalls.difference[key], byQuestion[key]);
      assertClose(redundantCalls.byDatabase.difference[key], byCluster[key]);
    }
  }
});

Deno.test("compareMetrics() gives McNemar's test that the golden files have", () => {
  // Larger counts are the estimator's matter.
  for (const { gained, lost, n, low, high, pValue } of CASES.paired.filter(({ n }) => n < 1000)) {
    const agreed = Array<number>(n - gained - lost).fill(1);
    const answers = (ofGained: number, ofLost: number) =>
      attempts([...Array(gained).fill(ofGained), ...Array(lost).fill(ofLost), ...agreed]);
    const { greedyEx } = byName(
      compareMetrics(asExams(answers(0, 1)), asExams(answers(1, 0)), OPTIONS),
    );
    // Attempts that are all the same are compared with themselves, by the same numbers.
    assertClose(greedyEx.difference.low, low);
    assertClose(greedyEx.difference.high, high);
    assertClose(greedyEx.difference.pValue, pValue);
  }
});

Deno.test("compareMetrics() adjusts p-values by Holm over all metrics", () => {
  const reports = compareMetrics(
    asExams(attempts(firstRight(30, 40))),
    asExams(attempts(firstRight(22, 40), { calls: 2, redundant: 1 })),
    OPTIONS,
  );
  assert.deepEqual(
    reports.map(({ pAdjusted }) => pAdjusted),
    holm(reports.map(({ difference }) => difference.pValue)),
  );
});

Deno.test("compareMetrics() passes attempts that are all unchanged, however few", () => {
  const some = asExams(attempts([1, 0]));
  for (const report of compareMetrics(some, some, OPTIONS)) {
    assert.deepEqual([report.verdict, report.isUnchanged], ["PASS", true], report.name);
  }
});

Deno.test("compareMetrics() compares a part of a baseline's attempts with the same part", () => {
  const whole = attempts(firstRight(20, 40));
  const report = byName(compareMetrics(asExams(whole), asExams(whole.slice(0, 10)), OPTIONS));
  assert.deepEqual([report.ex.n, report.ex.before, report.ex.after], [10, 1, 1]);
  assert.equal(report.ex.verdict, "PASS");
});

Deno.test("compareMetrics() finds a metric worse where its interval and its p-value say so", () => {
  const reports = byName(compareMetrics(
    asExams(attempts(firstRight(100, 200))),
    asExams(attempts(firstRight(60, 200), { calls: 2, redundant: 1, violations: 1 })),
    OPTIONS,
  ));
  for (const [name, { verdict }] of Object.entries(reports)) {
    assert.equal(verdict, "REGRESSION", name);
  }
});

Deno.test("compareMetrics() passes what is better", () => {
  const reports = byName(compareMetrics(
    asExams(attempts(firstRight(60, 200), { calls: 2, redundant: 1, violations: 1 })),
    asExams(attempts(firstRight(100, 200))),
    OPTIONS,
  ));
  for (const [name, { verdict }] of Object.entries(reports)) assert.equal(verdict, "PASS", name);
});

Deno.test("compareMetrics() leaves a loss open that alpha does not let count", () => {
  const losing = (alpha: number) =>
    byName(compareMetrics(
      asExams(attempts(firstRight(100, 200))),
      asExams(attempts(firstRight(90, 200))),
      { ...OPTIONS, alpha },
    )).greedyEx.verdict;
  assert.deepEqual([losing(0.05), losing(0)], ["REGRESSION", "INCONCLUSIVE"]);
});

Deno.test("compareMetrics() says how many questions would show no loss of EX", () => {
  const before = attempts([1, 1, 1, 0, 0, 0, 1, 1, 0, 0]);
  const after = attempts([1, 1, 0, 1, 0, 0, 1, 1, 0, 0]);
  const { greedyEx } = byName(compareMetrics(asExams(before), asExams(after), OPTIONS));
  assert.equal(greedyEx.verdict, "INCONCLUSIVE");
  assert.deepEqual(greedyEx.needed, {
    questions: questionsNeeded(OPTIONS.margins.greedyEx, 0.2),
    attempts: null,
  });
});

Deno.test("compareMetrics() says how many attempts would, from how those at a question differ", () => {
  // Two attempts at each of four questions. A question right in one of them has variance 1/2.
  const twice = (seed: number, right: readonly (readonly number[])[]) =>
    right.flatMap((some, n) =>
      some.map((one, k) => attempt({ exampleId: `${n}`, seed: seed + k, right: one }))
    );
  const before = twice(0, [[0, 1], [0, 1], [0, 1], [0, 1]]);
  const after = twice(2, [[1, 1], [0, 0], [0, 1], [0, 1]]);
  const greedy = [attempt()];
  const { ex } = byName(
    compareMetrics({ greedy, sampled: before }, { greedy, sampled: after }, OPTIONS),
  );
  assert.equal(ex.verdict, "INCONCLUSIVE");
  assert.equal(ex.needed?.attempts, seedsNeeded(OPTIONS.margins.ex, Math.sqrt((2 + 1) / 4 ** 2)));
});

Deno.test("compareMetrics() refuses exams without a question in common", () => {
  const other = [attempt({ exampleId: "x" })];
  assert.throws(() => compareMetrics(asExams([attempt()]), asExams(other), OPTIONS), {
    name: "RangeError",
    message:
      "Cannot compare greedy attempts as baseline and tree must have a question in common: " +
      "there is none of 1 and 1",
  });
});

Deno.test("METRICS has a margin for each metric", () => {
  assert.deepEqual(Object.keys(METRICS).sort(), Object.keys(OPTIONS.margins).sort());
});
