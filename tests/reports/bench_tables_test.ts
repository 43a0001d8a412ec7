import assert from "node:assert/strict";
import { type BenchResult, benchTables } from "../../src/reports/bench_tables.ts";
import { PLAIN } from "../../src/reports/style.ts";
import { aVerdict } from "../store/episodes.ts";

function result(variant: string, seed: number, right: string): BenchResult {
  const verdicts = [...right].map((digit, n) =>
    aVerdict(String(n), { isCorrect: digit === "1", calls: [] })
  );
  const ex = [...right].filter((digit) => digit === "1").length / right.length;
  return {
    variant,
    seed,
    runId: seed,
    exam: "dev, greedy",
    verdicts,
    measures: {
      ex: { value: ex },
      redundant_tool_calls: { value: 0 },
      tool_calls: { value: 1.25 },
    },
  };
}

Deno.test("benchTables() shows means over seeds, and how FineStep differs from each other algorithm", () => {
  const text = benchTables([
    result("untrained", 1, "1000"),
    result("finestep", 1, "1110"),
    result("grpo", 1, "1100"),
    result("finestep", 2, "1111"),
    result("grpo", 2, "1100"),
  ], PLAIN);
  const lines = text.split("\n");
  assert.equal(lines[0], "dev, greedy:");
  const row = (name: string) => lines.filter((line) => line.startsWith(`| ${name} `));
  assert.match(row("untrained")[0], /\| +25\.0 \| +0\.0 \| +1\.25 \| +1 \|$/);
  assert.match(row("finestep")[0], /\| +87\.5 \+\/- 17\.7 \| +0\.0 \+\/- 0\.0 \| .* \| +2 \|$/);
  assert.match(row("grpo")[0], /\| +50\.0 \+\/- 0\.0 \|/);
  assert.match(row("grpo")[1], /\| +\+37\.5 .*, p [01]\.\d{4} \|/);
  assert.match(row("untrained")[1], /\| +\+62\.5 /);
});

Deno.test("benchTables() compares nothing where FineStep is not among the algorithms", () => {
  const text = benchTables([result("grpo", 1, "1100"), result("dapo", 1, "1110")], PLAIN);
  assert.doesNotMatch(text, /finestep/);
});
