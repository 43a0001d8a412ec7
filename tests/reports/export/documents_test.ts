import assert from "finestep/assert";
import { json } from "../../../src/reports/export/json.ts";
import { markdown } from "../../../src/reports/export/markdown.ts";
import { CSV_COLUMNS } from "../../../src/reports/export/csv.ts";
import { EVALUATION, jsonSchemas, VERDICT_LINE } from "../../../src/reports/export/schema.ts";
import { partialText } from "../../../src/reports/exported_run.ts";
import { agenticRun, EXPORTED, RUN, VERDICTS } from "../exported_runs.ts";

Deno.test("json() is a document of its schema, with each verdict on a line of its own", () => {
  for (const exported of [EXPORTED, agenticRun()]) {
    const text = json(exported);
    const { verdicts, identity } = EVALUATION.parse(JSON.parse(text));
    assert.deepEqual(verdicts, exported.verdicts);
    assert.deepEqual(identity, exported.run.identity);
    const lines = text.split("\n").filter((line) => line.startsWith('    {"exampleId":'));
    assert.equal(lines.length, verdicts.length);
  }
});

Deno.test("json() counts questions by group and outcome, and lists where EX and strict EX differ", () => {
  const { breakdown, outcomes, disagreements } = EVALUATION.parse(JSON.parse(json(EXPORTED)));
  const counts = breakdown.database.map(({ group, right, n, ex }) => [group, right, n, ex]);
  assert.deepEqual(counts, [["rail", 0, 3, 0], ["shop", 3, 3, 1]]);
  assert.deepEqual(outcomes, { right: 3, wrong_rows: 1, execution_error: 1, no_answer: 1 });
  const reasons = disagreements.map(({ exampleId, reason }) => [exampleId, reason]);
  assert.deepEqual(reasons, [["1", "duplicates"], ["2", "order"]]);
});

Deno.test("json() of a run that has found nothing yet is a document as well", () => {
  const { verdicts, breakdown } = EVALUATION.parse(
    JSON.parse(json({ ...EXPORTED, verdicts: [], metrics: [] })),
  );
  assert.deepEqual([verdicts, breakdown.difficulty], [[], []]);
});

Deno.test("markdown() says what was measured, and what the numbers depend on", () => {
  const text = markdown(EXPORTED);
  assert.match(text, /^## answers\.json on bird dev\n\n3 of 6 right\.\n\n\| measure \|/);
  assert.match(text, /^\| EX, % \| 50\.0 ± 10\.0 \| 6 \|$/m);
  assert.match(text, /^\| EX by difficulty \|.*\n\|.*\n\| simple \| 100\.0 .* \| 2 \|$/m);
  assert.match(text, /^\| wrong_rows \| .* \| 1 \| 16\.7 \| 3 \|$/m);
  assert.match(text, /^\| rows repeat otherwise \| EX \| 1 \| 1 \|$/m);
  assert.match(text, /^- questions: 6 of 12, the first 6$/m);
  assert.match(text, /^- SQLite: 3\.50\.4, clock 2024-06-27/m);
});

Deno.test("markdown() says that an evaluation is partial", () => {
  assert.match(
    markdown({ ...EXPORTED, verdicts: VERDICTS.slice(0, 4) }),
    /3 of 4 right\. \*\*Partial: 4 of 6 questions\.\*\*/,
  );
});

Deno.test("partialText() of a run without an identity goes by how the run ended", () => {
  const run = { ...RUN, identity: null };
  assert.equal(partialText({ ...EXPORTED, run }), null);
  assert.equal(
    partialText({ ...EXPORTED, run: { ...run, status: "interrupted" } }),
    "6 questions of a run that is interrupted",
  );
});

Deno.test("docs/schemas/ is what schema.ts says: deno task docs", () => {
  for (const [name, schema] of Object.entries(jsonSchemas())) {
    const path = new URL(`../../../docs/schemas/${name}`, import.meta.url);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), schema, `${name} is not current`);
  }
});

Deno.test("docs/formats.md shows examples of the current form: deno task formats", () => {
  const page = Deno.readTextFileSync(new URL("../../../docs/formats.md", import.meta.url));
  const example = (name: string) =>
    new RegExp(`<!-- ${name} -->\\n\\n\`\`\`text\\n([^]*?)\\n\`\`\``).exec(page)![1].split("\n");
  assert.equal(example("csv")[0], CSV_COLUMNS.join(","));
  const outcomes = example("jsonl").map((line) => VERDICT_LINE.parse(JSON.parse(line)).outcome);
  assert.deepEqual(outcomes, ["right", "right", "wrong_rows", "refused"]);
});
