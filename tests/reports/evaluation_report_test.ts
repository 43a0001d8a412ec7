import assert from "finestep/assert";
import { disagreements } from "../../src/evaluation/breakdown.ts";
import { summarize } from "../../src/evaluation/summary.ts";
import { OUTCOMES, type Verdict } from "../../src/evaluation/verdict.ts";
import { disagreementTable } from "../../src/reports/disagreement_table.ts";
import { evaluationText } from "../../src/reports/evaluation_report.ts";
import { outcomeTable } from "../../src/reports/outcome_table.ts";
import { MARKDOWN, PLAIN } from "../../src/reports/style.ts";
import { aVerdict, REPEATED_CALLS, VERDICTS } from "./exported_runs.ts";

function textOf(verdicts: readonly Verdict[], details = false): string {
  const summary = summarize(verdicts, { seed: 1, resamples: 100 });
  return evaluationText("answers.json on bird dev", { verdicts, summary }, PLAIN, { details });
}

Deno.test("evaluationText() counts what was right and measures it, with intervals and n", () => {
  const text = textOf(VERDICTS);
  assert.match(text, /^answers\.json on bird dev: 3 of 6 right\n/);
  assert.match(text, /\| EX, % +\| +50\.0 \+\/- 31\.2 \| 6 \|/);
  assert.match(text, /\| strict EX, % +\| +16\.7 \+39\.7\/-13\.7 \| 6 \|/);
  assert.match(text, /\| Soft-F1, % +\| +55\.0 .*\| 6 \|/);
  assert.match(text, /^Soft-F1 +90\.00 +75\.00 +0\.00 +55\.00 *$/m);
});

Deno.test("evaluationText() speaks of tool calls only where there are some", () => {
  assert.doesNotMatch(textOf(VERDICTS), /tool calls|format violations/);
  const text = textOf([aVerdict({ calls: REPEATED_CALLS })]);
  assert.match(text, /\| redundant tool calls, % +\| +50\.0 /);
  assert.match(text, /\| format violations, % +\| +0\.0 /);
});

Deno.test("evaluationText() shows a format that is broken before the first call", () => {
  const broken = aVerdict({ isCorrect: false, outcome: "format", violationCount: 1 });
  assert.match(textOf([broken]), /\| format violations, % +\| +100\.0 /);
});

Deno.test("evaluationText() breaks EX down on request, leaving out what has one group", () => {
  const text = textOf(VERDICTS, true);
  assert.match(text, /\| database +\| +\| +\|\n\| {3}rail +\| +0\.0 .*\| 3 \|\n\| {3}shop /);
  assert.match(text, /\| gold SQL has +\| +\| +\|\n\| {3}join +\| +50\.0 .*\| 2 \|/);
  assert.match(text, /\| {3}no_prediction +\| +0\.0 .*\| 1 \|/);
  assert.doesNotMatch(text, /\| tool calls|\| redundant calls/);
  assert.doesNotMatch(textOf(VERDICTS), /database/);
});

Deno.test("evaluationText() fits 50 lines however answers came out", () => {
  const verdicts = OUTCOMES.flatMap((outcome, i) =>
    (["duplicates", "order", "float_tolerance"] as const).map((disagreement) =>
      aVerdict({
        exampleId: `${outcome} ${disagreement}`,
        isCorrect: outcome === "right",
        outcome,
        disagreement,
        rVesReward: i % 2,
        calls: REPEATED_CALLS,
      })
    )
  );
  const lines = textOf(verdicts).split("\n");
  assert(lines.length <= 50, `${lines.length} lines`);
});

Deno.test("outcomeTable() has a row for each way not to be right, with a question to look at", () => {
  assert.equal(
    outcomeTable(VERDICTS, PLAIN),
    `
+-----------------+------------------------------+---+------+--------------+
| not right       | because                      | n |    % | for instance |
| wrong_rows      | other rows than the gold SQL | 1 | 16.7 |            3 |
| execution_error | SQLite refuses the SQL       | 1 | 16.7 |            4 |
| no_answer       | no answer                    | 1 | 16.7 |            5 |
+-----------------+------------------------------+---+------+--------------+`.trim(),
  );
  assert.equal(outcomeTable([aVerdict()], PLAIN), "");
});

Deno.test("disagreementTable() names the first questions of each reason, and counts the others", () => {
  const repeated = Array.from(
    { length: 12 },
    (_, i) => aVerdict({ exampleId: `${i}`, isStrictlyCorrect: false, disagreement: "duplicates" }),
  );
  const rounded = aVerdict({ exampleId: "x", isCorrect: false, disagreement: "float_tolerance" });
  assert.equal(
    disagreementTable(disagreements([...repeated, rounded, aVerdict()]), PLAIN),
    `
+--------------------------+-----------+----+--------------------------------+
| EX and strict EX differ  | right by  |  n | questions                      |
| rows repeat otherwise    | EX        | 12 | 0 1 2 3 4 5 6 7 8 9 and 2 more |
| reals differ by rounding | strict EX |  1 | x                              |
+--------------------------+-----------+----+--------------------------------+`.trim(),
  );
  assert.equal(disagreementTable(disagreements([aVerdict()]), PLAIN), "");
});

Deno.test("table() in Markdown keeps a bar within its cell", () => {
  const verdicts = [aVerdict({ exampleId: "a|b\\", isCorrect: false, outcome: "timeout" })];
  assert.match(outcomeTable(verdicts, MARKDOWN), / \| a\\\|b\\\\ \|$/);
});
