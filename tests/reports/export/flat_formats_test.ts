import { parse } from "csv-parse/sync";
import fc from "fast-check";
import assert from "finestep/assert";
import { csv, CSV_COLUMNS } from "../../../src/reports/export/csv.ts";
import { jsonLines } from "../../../src/reports/export/jsonl.ts";
import { official } from "../../../src/reports/export/official.ts";
import { VERDICT_FORMAT, VERDICT_LINE } from "../../../src/reports/export/schema.ts";
import { verdictsJson } from "../../../src/reports/export/verdicts.ts";
import { aVerdict, REPEATED_CALLS, VERDICTS } from "../exported_runs.ts";

Deno.test("jsonLines() gives back every verdict, one a line, in its documented form", () => {
  const verdicts = [...VERDICTS, aVerdict({ calls: REPEATED_CALLS })];
  const lines = jsonLines({ verdicts }).trimEnd().split("\n");
  const versioned = verdicts.map((verdict) => ({ schema: VERDICT_FORMAT, ...verdict }));
  assert.deepEqual(lines.map((line) => VERDICT_LINE.parse(JSON.parse(line))), versioned);
});

Deno.test("verdictsJson() keeps the order of questions whose ids are numbers", () => {
  const verdicts = ["10", "9"].map((exampleId) => aVerdict({ exampleId }));
  assert.equal(verdictsJson({ verdicts }), '{\n "10": 1,\n "9": 1\n}\n');
});

Deno.test("csv() has a row for each question, which a reader of CSV gets back", () => {
  const rows: Record<string, string>[] = parse(csv({ verdicts: VERDICTS }), { columns: true });
  assert.equal(rows.length, VERDICTS.length);
  assert.deepEqual(Object.keys(rows[0]), CSV_COLUMNS);
  assert.equal(rows[4].message, VERDICTS[4].message);
  assert.equal(rows[4].predicted_sql, VERDICTS[4].predictedSql);
  assert.deepEqual(
    rows.map(({ question_id, ex, strict_ex }) => [question_id, ex, strict_ex]),
    VERDICTS.map((v) => [v.exampleId, ...[v.isCorrect, v.isStrictlyCorrect].map((b) => `${+b}`)]),
  );
});

Deno.test("csv() counts calls, and leaves empty what is not known", () => {
  const verdicts = [aVerdict({ calls: REPEATED_CALLS, predictedSql: null, predictedMs: null })];
  const [row] = parse<Record<string, string>>(csv({ verdicts }), { columns: true });
  assert.deepEqual(
    [row.tool_calls, row.redundant_tool_calls, row.failed_tool_calls],
    ["2", "1", "0"],
  );
  assert.deepEqual([row.predicted_sql, row.predicted_ms, row.r_ves_reward], ["", "", ""]);
});

Deno.test("csv() keeps any text whole, formulas as well", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.constant("=1+1"), fc.constant("-- x"));
  fc.assert(fc.property(fc.array(text, { minLength: 1 }), (answers) => {
    const verdicts = answers.map((predictedSql) => aVerdict({ predictedSql }));
    const rows: Record<string, string>[] = parse(csv({ verdicts }), { columns: true });
    assert.deepEqual(rows.map((row) => row.predicted_sql), answers);
  }));
});

Deno.test("official() prints EX and Soft-F1 as BIRD's scripts do", () => {
  // print_data of bird-bench/mini_dev evaluation/evaluation_utils.py, Python 3.11, with
  // ([100, 50, 0, 50], [2, 2, 2, 6], "EX") and ([90, 75, 0, 55], [2, 2, 2, 6], "Soft-F1").
  assert.equal(
    official({ verdicts: VERDICTS }),
    [
      "                     simple               moderate             challenging          total               ",
      "count                2                    2                    2                    6                   ",
      "======================================    EX    =====================================",
      "EX                   100.00               50.00                0.00                 50.00               ",
      "",
      "                     simple               moderate             challenging          total               ",
      "count                2                    2                    2                    6                   ",
      "======================================    Soft-F1    =====================================",
      "Soft-F1              90.00                75.00                0.00                 55.00               ",
      "",
    ].join("\n"),
  );
});

Deno.test("official() has R-VES, 100 times the mean root, where every right answer was timed", () => {
  const verdicts = [1.25, 1, 0, 0.25].map((rVesReward) => aVerdict({ rVesReward }));
  assert.match(official({ verdicts }), /^R-VES +65\.45 +- +- +65\.45 *$/m);
  assert.doesNotMatch(official({ verdicts: [...verdicts, aVerdict()] }), /R-VES/);
});

Deno.test("official() rounds a tie as Python does", () => {
  // f"{3.125:.2f}" == "3.12", f"{9.375:.2f}" == "9.38"
  const scored = (right: number) =>
    Array.from({ length: 32 }, (_, i) => aVerdict({ isCorrect: i < right }));
  assert.match(official({ verdicts: scored(1) }), /^EX +3\.12 /m);
  assert.match(official({ verdicts: scored(3) }), /^EX +9\.38 /m);
});
