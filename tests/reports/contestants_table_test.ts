import assert from "finestep/assert";
import type { Measurements } from "../../src/evaluation/summary.ts";
import { contestantsTable } from "../../src/reports/contestants_table.ts";
import { PLAIN } from "../../src/reports/style.ts";

const measure = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, n: 96 });
const idle = { value: 0, low: 0, high: 0, n: 96 };

function measures(ex: number, more: Partial<Measurements> = {}): Measurements {
  return {
    ex: measure(ex),
    strict_ex: measure(ex / 2),
    soft_f1: measure(ex),
    redundant_tool_calls: idle,
    tool_calls: idle,
    failed_tool_calls: idle,
    format_violations: idle,
    ...more,
  };
}

Deno.test("contestantsTable() has a row for each evaluation and a column for each measure that any has", () => {
  const text = contestantsTable([
    { name: "a.json", runId: 7, measures: measures(0.6) },
    { name: "b.json", runId: 8, measures: measures(0.4, { r_ves: measure(0.5) }) },
  ], PLAIN);
  assert.deepEqual(text.split("\n"), [
    "+-----+-------------+---------------+---------------+---------------+---------------+----+",
    "| run | predictions |         EX, % |  strict EX, % |    Soft-F1, % |      R-VES, % |  n |",
    "|   7 | a.json      | 60.0 +/- 10.0 | 30.0 +/- 10.0 | 60.0 +/- 10.0 |               | 96 |",
    "|   8 | b.json      | 40.0 +/- 10.0 | 20.0 +/- 10.0 | 40.0 +/- 10.0 | 50.0 +/- 10.0 | 96 |",
    "+-----+-------------+---------------+---------------+---------------+---------------+----+",
  ]);
});
