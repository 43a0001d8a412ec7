import assert from "finestep/assert";
import { difficultyTable } from "../../src/reports/difficulty_table.ts";
import { evaluationTable, type Measured } from "../../src/reports/evaluation_table.ts";
import { estimateText } from "../../src/reports/measures.ts";
import { runsTable, runText } from "../../src/reports/runs_table.ts";
import { PLAIN, type Style } from "../../src/reports/style.ts";
import type { Metric, Run } from "../../src/store/run_store.ts";

const TERMINAL: Style = { unicode: true, color: true };

const BEFORE: Measured = {
  tool_calls: { value: 2.5, low: 2.25, high: 2.75, n: 96 },
  ex: { value: 0.5, low: 0.4, high: 0.6, n: 96 },
  redundant_tool_calls: { value: 0.3, low: 0.25, high: 0.35, n: 96 },
};
const AFTER: Measured = {
  ...BEFORE,
  ex: { value: 0.625, low: 0.525, high: 0.725, n: 96 },
  redundant_tool_calls: { value: 0.1, low: 0.05, high: 0.15, n: 96 },
};
const DIFFERENCE: Measured = {
  ex: { value: 0.125, low: 0.05, high: 0.2, n: 96 },
  redundant_tool_calls: { value: -0.2, low: -0.25, high: -0.15, n: 96 },
  tool_calls: { value: 0, low: -0.2, high: 0.2, n: 96 },
};

const BIRD_LINES = [
  "                     simple               moderate             challenging          total               ",
  "count                148                  250                  102                  500                 ",
  "======================================    EX    =====================================",
  "EX                   65.54                50.00                41.18                52.80               ",
].join("\n");

const RUN: Run = {
  id: 7,
  kind: "train",
  started: "2026-01-02T03:04:05.000Z",
  finished: null,
  status: "running",
  command: "finestep train",
  options: {},
  seed: 3,
  commit: null,
  dataSet: "minibird dev",
  algorithm: "grpo",
  identity: null,
  trainStepCount: 24,
  episodeCount: 1536,
  verdictCount: 0,
};

Deno.test("evaluationTable() puts before, after and their difference side by side", () => {
  assert.equal(
    evaluationTable(BEFORE, { after: AFTER, difference: DIFFERENCE }, PLAIN),
    `
+-------------------------+---------------+---------------+---------------+----+
| measure                 |        before |         after |    difference |  n |
| EX, %                   | 50.0 +/- 10.0 | 62.5 +/- 10.0 | +12.5 +/- 7.5 | 96 |
| redundant tool calls, % |  30.0 +/- 5.0 |  10.0 +/- 5.0 | -20.0 +/- 5.0 | 96 |
| tool calls per question | 2.50 +/- 0.25 | 2.50 +/- 0.25 | 0.00 +/- 0.20 | 96 |
+-------------------------+---------------+---------------+---------------+----+`.trim(),
  );
});

Deno.test("evaluationTable() shows a measure that has no display name by its own", () => {
  const text = evaluationTable({ depth: { value: 3, low: null, high: null, n: 4 } }, null, PLAIN);
  assert.match(text, /\| depth +\| +3\.00 \|/);
});

Deno.test("evaluationTable() leaves empty what only one of two evaluations measured", () => {
  const { ex, tool_calls } = BEFORE;
  const text = evaluationTable({ ex }, { after: { tool_calls } }, PLAIN);
  assert.match(text, /\| EX, % +\| 50\.0 \+\/- 10\.0 \| +\| +\| 96 \|/);
  assert.match(text, /\| tool calls per question \| +\| 2\.50 \+\/- 0\.25 \| +\| 96 \|/);
});

Deno.test("evaluationTable() is plain ASCII where there is no terminal", () => {
  const text = evaluationTable(BEFORE, { after: AFTER, difference: DIFFERENCE }, PLAIN);
  assert.match(text, /^[\x20-\x7e\n]+$/);
});

Deno.test("evaluationTable() colors a difference by whether it is better, if it is certain", () => {
  const difference = {
    ex: { value: -0.125, low: -0.2, high: -0.05, n: 96 },
    redundant_tool_calls: { value: -0.2, low: -0.25, high: -0.15, n: 96 },
    failed_tool_calls: { value: 0.1, low: -0.1, high: 0.3, n: 96 },
    tool_calls: { value: 1, low: 0.5, high: 1.5, n: 96 },
  };
  const text = evaluationTable(difference, { after: difference, difference }, TERMINAL);
  const colorOf = (label: string) =>
    // deno-lint-ignore no-control-regex
    /\x1b\[(\d+)m[^│]*│ *96 *│$/.exec(text.split("\n").find((line) => line.includes(label))!)?.[1];
  assert.equal(colorOf("EX, %"), "31");
  assert.equal(colorOf("redundant tool calls"), "32");
  assert.equal(colorOf("failing tool calls"), undefined);
  assert.equal(colorOf("tool calls per question"), undefined);
});

Deno.test("estimateText() shows both sides of an interval that is not even", () => {
  const wilson = { value: 0, low: 0, high: 0.038, n: 96 };
  assert.equal(estimateText("ex", wilson, PLAIN), "0.0 +3.8/-0.0");
});

Deno.test("estimateText() shows a value without an interval alone", () => {
  assert.equal(
    estimateText("tool_calls", { value: 2, low: null, high: null, n: 1 }, PLAIN),
    "2.00",
  );
});

Deno.test("estimateText() never shows a negative zero", () => {
  const even = { value: -0.00001, low: -0.05001, high: 0.04999, n: 96 };
  assert.equal(estimateText("ex", even, PLAIN), "0.0 +/- 5.0");
});

Deno.test("difficultyTable() is laid out as BIRD's evaluation prints it", () => {
  const byDifficulty = new Map([
    ["simple", { percent: 65.5405, n: 148 }],
    ["moderate", { percent: 50, n: 250 }],
    ["challenging", { percent: 41.1764, n: 102 }],
  ]);
  // print_data([65.5405, 50, 41.1764, 52.8], [148, 250, 102, 500], metric="EX"), Python 3.11
  assert.equal(difficultyTable("EX", byDifficulty, { percent: 52.8, n: 500 }), BIRD_LINES);
});

Deno.test("difficultyTable() has a dash for a difficulty without questions", () => {
  const table = difficultyTable("EX", new Map(), { percent: 0, n: 3 });
  assert.match(table, /^EX +- +- +- +0\.00 *$/m);
});

Deno.test("runsTable() has a row for each run, with EX before and after", () => {
  const metrics = [metric("before", 0.25), metric("after", 0.5)];
  const text = runsTable([{ run: RUN, metrics }, { run: { ...RUN, id: 8 }, metrics: [] }], PLAIN);
  const [, , first, second] = text.split("\n");
  assert.match(first, /\| +7 \| 2026-01-02 03:04 .* 25\.0 \+\/- 10\.0 \| 50\.0 \+\/- 10\.0 \|$/);
  assert.match(second, /\| +8 \|.*\| running \| +\| +\|$/);
});

Deno.test("runText() tells what the run was and what it measured", () => {
  const text = runText(
    { run: RUN, metrics: [metric("before", 0.25), metric("after", 0.5)] },
    PLAIN,
  );
  assert.match(text, /^command +finestep train$/m);
  assert.match(text, /\| EX, % +\| 25\.0 \+\/- 10\.0 \| 50\.0 \+\/- 10\.0 \|/);
});

Deno.test("runText() of a run without metrics has no table", () => {
  assert(!runText({ run: RUN, metrics: [] }, PLAIN).includes("|"));
});

function metric(phase: Metric["phase"], value: number): Metric {
  return { phase, name: "ex", value, low: value - 0.1, high: value + 0.1, n: 96 };
}
