import assert from "node:assert/strict";
import type { Difficulty, Example } from "../../src/dataset/example.ts";
import { wilsonInterval } from "../../src/evaluation/statistics.ts";
import { differences, solvedByBoth, summarize } from "../../src/evaluation/summary.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import type { Episode, Step } from "../../src/trajectory/episode.ts";

const OPTIONS = { seed: 1, resamples: 200 };

const rows = (value: bigint): SqlResult => ({
  kind: "rows",
  columns: ["n"],
  rows: [[value]],
  truncated: false,
  elapsedMs: 1,
});
const GOLD = rows(2n);
const ERROR: SqlResult = { kind: "error", message: "no such column: town", elapsedMs: 1 };

const call = (sql: string, result: SqlResult): Step => ({
  text: sql,
  action: { kind: "toolCall", reasoning: "", tool: "execute_sql", arguments: { sql }, sql },
  result,
  observation: "",
});
const broken: Step = {
  text: "?",
  action: { kind: "violation", violation: "no_action", detail: "" },
  result: null,
  observation: "",
};

/** An episode with these steps and an answer of `value`; without one it ran out of turns. */
function episode(exampleId: string, steps: Step[], value: bigint | null): Episode {
  const finalSql = value === null ? null : `SELECT ${value}`;
  const finalResult = value === null ? null : rows(value);
  const answer: Step[] = finalSql === null ? [] : [{
    text: finalSql,
    action: { kind: "answer", reasoning: "", sql: finalSql },
    result: finalResult,
    observation: null,
  }];
  return {
    exampleId,
    databaseId: "shops",
    seed: 0,
    policy: "hand-made",
    prompt: [],
    steps: [...steps, ...answer],
    stopReason: value === null ? "turn_limit" : "answer",
    finalSql,
    finalResult,
    goldSql: "SELECT 2",
    goldResult: GOLD,
    tokens: null,
    timings: { totalMs: 1, sqlMs: 1 },
  };
}

const example = (id: string, difficulty: Difficulty): Example => ({
  id,
  database: { id: "shops", path: "/none", tables: [] },
  question: "",
  evidence: "",
  goldSql: "SELECT 2",
  difficulty,
});
const EXAMPLES = [example("a", "simple"), example("b", "simple"), example("c", "challenging")];

const look = call("SELECT a FROM t", rows(7n));
/** a: right, 2 calls, one of them repeated; b: wrong, 1 failing call; c: no answer, 1 violation. */
const EPISODES = [
  episode("a", [look, look], 2n),
  episode("b", [call("SELECT town FROM t", ERROR)], 3n),
  episode("c", [broken], null),
];

Deno.test("summarize() measures right answers, calls and violations", () => {
  const { n, measures } = summarize(EPISODES, EXAMPLES, OPTIONS);
  const values = Object.entries(measures).map(([name, { value }]) => [name, value]);
  assert.equal(n, 3);
  assert.deepEqual(Object.fromEntries(values), {
    ex: 1 / 3,
    redundant_tool_calls: 1 / 3,
    tool_calls: 1,
    failed_tool_calls: 1 / 3,
    format_violations: 1 / 6,
  });
});

Deno.test("summarize() gives EX Wilson's interval and the others one around their value", () => {
  const { measures } = summarize(EPISODES, EXAMPLES, OPTIONS);
  assert.deepEqual(measures.ex, { value: 1 / 3, ...wilsonInterval(1, 3), n: 3 });
  for (const { value, low, high, n } of Object.values(measures)) {
    assert.ok(low <= value && value <= high && low < high);
    assert.equal(n, 3);
  }
});

Deno.test("summarize() gives the same intervals for the same seed", () => {
  assert.deepEqual(
    summarize(EPISODES, EXAMPLES, OPTIONS).measures,
    summarize(EPISODES, EXAMPLES, OPTIONS).measures,
  );
});

Deno.test("summarize() counts several attempts at a question as one question", () => {
  const attempts = [1, 2, 3, 4].map(() => EPISODES[0]);
  const { ex } = summarize([...attempts, EPISODES[1]], EXAMPLES, OPTIONS).measures;
  assert.deepEqual([ex.value, ex.n], [0.8, 2]);
  // With two questions a resample often draws the same one twice.
  assert.deepEqual([ex.low, ex.high], [0, 1]);
});

Deno.test("summarize() breaks EX down by difficulty and stop reason", () => {
  const { breakdown } = summarize(EPISODES, EXAMPLES, OPTIONS);
  assert.deepEqual([...breakdown.byDifficulty], [
    ["simple", { right: 1, n: 2, percent: 50 }],
    ["challenging", { right: 0, n: 1, percent: 0 }],
  ]);
  assert.deepEqual([...breakdown.byStopReason.keys()], ["answer", "turn_limit"]);
});

Deno.test("summarize() shares redundant calls out by class", () => {
  const { redundancy } = summarize(EPISODES, EXAMPLES, OPTIONS);
  assert.equal(redundancy.categoryRates.R1, 1 / 3);
  assert.equal(redundancy.redundantCount, 1);
});

Deno.test("summarize() sums up nothing", () => {
  const { n, measures } = summarize([], EXAMPLES, OPTIONS);
  assert.equal(n, 0);
  assert.deepEqual(measures.ex, { value: 0, low: 0, high: 1, n: 0 });
  assert.deepEqual(measures.tool_calls, { value: 0, low: 0, high: 0, n: 0 });
});

Deno.test("summarize() refuses an episode of an unknown example", () => {
  assert.throws(() => summarize(EPISODES, EXAMPLES.slice(1), OPTIONS), {
    name: "RangeError",
    message: 'Cannot sum up episodes as each must be of a known example: "a" is none of 2',
  });
});

Deno.test("differences() is after minus before on the questions of both", () => {
  const after = [episode("a", [look], 2n), episode("b", [], 2n)];
  const { ex, tool_calls, redundant_tool_calls } = differences(EPISODES, after, OPTIONS);
  assert.deepEqual([ex.value, ex.n], [0.5, 2]);
  assert.deepEqual([tool_calls.value, tool_calls.n], [-1, 2]);
  assert.equal(redundant_tool_calls.value, -1 / 3);
  assert.ok(ex.low >= 0 && ex.high <= 1);
});

Deno.test("differences() of an evaluation and itself is exactly zero", () => {
  for (const measurement of Object.values(differences(EPISODES, EPISODES, OPTIONS))) {
    assert.deepEqual(measurement, { value: 0, low: 0, high: 0, n: 3 });
  }
});

Deno.test("solvedByBoth() keeps questions that every attempt of both answered right", () => {
  const right = (id: string) => episode(id, [], 2n);
  const wrong = (id: string) => episode(id, [], 3n);
  const before = [right("a"), right("b"), right("c"), wrong("d")];
  const after = [right("a"), right("b"), wrong("b"), wrong("c"), right("d")];
  const ids = (episodes: Episode[]) => episodes.map(({ exampleId }) => exampleId);
  assert.deepEqual(solvedByBoth(before, after).map(ids), [["a"], ["a"]]);
});
