import assert from "finestep/assert";
import {
  type EvaluationSummary,
  type Measurements,
  summarize,
} from "../../src/evaluation/summary.ts";
import { PLAIN } from "../../src/reports/style.ts";
import { comparisonText, stepLine, timeOf, timeTable } from "../../src/reports/train_report.ts";

const METRICS = {
  "env/ex": 0.25,
  "env/tool_calls": 1.5,
  "env/redundant_tool_calls": 0.1,
  "loss/loss": -0.0123,
  "loss/is_applied": 1,
  "time/rollout_ms": 1500,
  "time/sql_ms": 800,
  "time/scoring_ms": 100,
  "time/forward_ms": 150,
  "time/backward_ms": 200,
  "time/optimizer_ms": 50,
};

const EMPTY = summarize([], { seed: 1 });

/** Measures with these values, each with bounds of 0.1 to either side. */
function measures(values: Partial<Record<keyof Measurements, number>>, n: number): Measurements {
  const measured = Object.keys(EMPTY.measures).map((name) => {
    const value = values[name as keyof Measurements] ?? 0;
    return [name, { value, low: value - 0.1, high: value + 0.1, n }];
  });
  return Object.fromEntries(measured);
}

function summary(values: Parameters<typeof measures>[0], n: number): EvaluationSummary {
  return { ...EMPTY, n, measures: measures(values, n) };
}

Deno.test("stepLine() says how a step went in one line", () => {
  assert.equal(
    stepLine(8, 24, METRICS, "5 s left"),
    "step  9/24  EX  25.0 %  calls 1.50  redundant  10.0 %  loss -0.0123  2.0 s  5 s left",
  );
});

Deno.test("stepLine() says when there was no update, and when one was not applied", () => {
  const { "loss/loss": _, "loss/is_applied": __, ...noUpdate } = METRICS;
  assert.match(stepLine(0, 2, noUpdate, ""), / {2}no update {2}/);
  const broken = { ...METRICS, "loss/loss": NaN, "loss/is_applied": 0 };
  assert.match(stepLine(0, 2, broken, ""), /loss +NaN {2}NOT APPLIED: not finite {2}/);
});

Deno.test("timeOf() counts SQL within the rollout once", () => {
  assert.equal(timeOf(METRICS), 2000);
});

Deno.test("timeTable() gives each part's mean and its share, which add up to the whole", () => {
  const slower = { ...METRICS, "time/rollout_ms": 3500 };
  assert.equal(
    timeTable([METRICS, slower], PLAIN),
    `
+------------------------------------------+------------+-----------+
| part of a train step                     | s per step | % of time |
| rollout                                  |      2.500 |      83.3 |
|   SQL, summed over side-by-side episodes |      0.800 |      26.7 |
| scoring                                  |      0.100 |       3.3 |
| forward                                  |      0.150 |       5.0 |
| backward                                 |      0.200 |       6.7 |
| optimizer                                |      0.050 |       1.7 |
+------------------------------------------+------------+-----------+`.trim(),
  );
});

Deno.test("comparisonText() shows before, after, difference and the questions solved by both", () => {
  const text = comparisonText({
    before: summary({ ex: 0.5, redundant_tool_calls: 0.4, tool_calls: 3 }, 40),
    after: summary({ ex: 0.7, redundant_tool_calls: 0.1, tool_calls: 2 }, 40),
    difference: measures({ ex: 0.2, redundant_tool_calls: -0.3, tool_calls: -1 }, 40),
    solvedByBoth: {
      before: measures({ redundant_tool_calls: 0.3, tool_calls: 2.5 }, 18),
      after: measures({ redundant_tool_calls: 0.2, tool_calls: 2 }, 18),
    },
  }, PLAIN);
  assert.match(
    text,
    /\| EX, % +\| 50\.0 \+\/- 10\.0 \| 70\.0 \+\/- 10\.0 \| \+20\.0 \+\/- 10\.0 \| 40 \|/,
  );
  assert.match(text, /^On the 18 questions that both solve:$/m);
  assert.match(
    text,
    /\| redundant tool calls, % +\| 30\.0 \+\/- 10\.0 \| 20\.0 \+\/- 10\.0 \| .*\| 18 \|/,
  );
  assert.match(text, /^[\x20-\x7e\n]+$/);
});

Deno.test("comparisonText() shows redundant calls per question by class", () => {
  const { categoryRates } = EMPTY.redundancy;
  const redundancy = {
    ...EMPTY.redundancy,
    callsPerQuestion: 2,
    categoryRates: { ...categoryRates, R1: 0.25, R6: 0.5 },
  };
  const text = comparisonText({
    before: { ...summary({}, 4), redundancy },
    after: summary({}, 4),
    difference: measures({}, 4),
    solvedByBoth: { before: measures({}, 4), after: measures({}, 4) },
  }, PLAIN);
  assert.match(text, /\| R1 exact duplicate +\| +0\.500 \| +0\.000 \|/);
  assert.match(text, /\| R6 after the answer was known +\| +1\.000 \| +0\.000 \|/);
});

Deno.test("comparisonText() measures nothing on questions that nobody solved", () => {
  const text = comparisonText({
    before: summary({}, 4),
    after: summary({}, 4),
    difference: measures({}, 4),
    solvedByBoth: { before: measures({}, 0), after: measures({}, 0) },
  }, PLAIN);
  assert.match(text, /^No question was solved both before and after training\.$/m);
  assert.doesNotMatch(text, /both solve:/);
});
