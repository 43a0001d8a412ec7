import assert from "finestep/assert";
import { isCorrect } from "../../src/evaluation/execution_accuracy.ts";
import { type Outcome, outcomeOf, OUTCOMES } from "../../src/evaluation/outcome.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { anEpisode, BROKEN_STEP, columnOf, failure, rowsOf } from "./results.ts";

const GOLD = rowsOf([[1n, "a"], [2n, "b"]]);
const ERROR = failure("error", "no such table: t");

/** Outcomes by predicted and gold result. */
const CASES: readonly (readonly [SqlResult | null, SqlResult, Outcome, string?])[] = [
  [rowsOf([[2n, "b"], [1n, "a"]]), GOLD, "right"],
  [rowsOf([]), rowsOf([]), "right"],
  [rowsOf([], { columns: [] }), rowsOf([]), "right"],
  [rowsOf([[1n, "b"], [2n, "a"]]), GOLD, "wrong_rows"],
  [rowsOf([[1n, "a"]]), GOLD, "wrong_rows"],
  [rowsOf([], { columns: ["a", "b"] }), GOLD, "wrong_rows"],
  [rowsOf([["a", 1n], ["b", 2n]]), GOLD, "wrong_columns"],
  [columnOf(1n, 2n), GOLD, "wrong_columns"],
  [rowsOf([], { columns: ["a"] }), GOLD, "wrong_columns"],
  [ERROR, GOLD, "execution_error", "no such table: t"],
  [
    rowsOf([["\uFFFD", 1n]], { invalidText: true }),
    GOLD,
    "execution_error",
    "a text of the result is not UTF-8",
  ],
  [failure("timeout", "too long"), GOLD, "timeout", "too long"],
  [failure("refused", "not authorized"), GOLD, "refused", "not authorized"],
  [failure("too_large", "memory"), GOLD, "too_large", "memory"],
  [rowsOf([[1n, "a"]], { truncated: true }), GOLD, "too_large", "the result was cut at its cap"],
  [null, GOLD, "no_answer"],
  [rowsOf([], { columns: [] }), GOLD, "no_answer"],
  [failure("crashed", "worker died"), GOLD, "environment", "worker died"],
  [GOLD, failure("crashed", "worker died"), "environment", "worker died"],
  [null, failure("crashed", "worker died"), "environment", "worker died"],
  [ERROR, failure("timeout", "gold too long"), "gold_failed", "gold too long"],
  [null, ERROR, "gold_failed", "no such table: t"],
  [GOLD, rowsOf([], { truncated: true }), "gold_failed", "the result was cut at its cap"],
];

Deno.test("outcomeOf() says how an answer came out, and why", () => {
  for (const [predicted, gold, outcome, message = ""] of CASES) {
    const isRight = isCorrect(predicted, gold);
    assert.deepEqual(outcomeOf(anEpisode(predicted, gold), isRight), { outcome, message });
  }
});

Deno.test("outcomeOf() names the format where the last message broke it", () => {
  const broken = anEpisode(null, GOLD, { steps: [BROKEN_STEP] });
  const expected = { outcome: "format", message: "the message does nothing" };
  assert.deepEqual(outcomeOf(broken, false), expected);
});

Deno.test("OUTCOMES has every outcome of the cases, and no other", () => {
  const found = new Set(CASES.map(([, , outcome]) => outcome)).add("format");
  assert.deepEqual([...found].sort(), [...OUTCOMES].sort());
});
