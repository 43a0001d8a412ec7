import assert from "finestep/assert";
import { evalResults, modelCard } from "../../../src/reports/export/model_index.ts";
import { aRow } from "../../leaderboard/rows.ts";

const ROW = aRow({ ex: 0.625 });
const NOWHERE = { datasetId: null, sourceUrl: null };
const PUBLISHED = {
  datasetId: "some-lab/minibird",
  sourceUrl: "https://example.org/leaderboard",
};

/** The front matter of a card, and what follows it. */
function parts(card: string): [index: Record<string, unknown>, text: string] {
  const [, yaml, text] = /^---\n([^]*?)\n---\n([^]*)$/.exec(card)!;
  return [JSON.parse(yaml), text];
}

Deno.test("modelCard() has a model-index of the board's numbers, in percent", () => {
  const [index] = parts(modelCard(ROW, PUBLISHED));
  const { questionsSha256, databasesSha256 } = ROW.exam.dataSet;
  const args = { confidence: 0.95, n: 40, seeds: 2 };
  assert.deepEqual(index, {
    "model-index": [{
      name: "grpo",
      results: [{
        task: { type: "text-generation", name: "Text-to-SQL" },
        dataset: {
          type: "some-lab/minibird",
          name: "minibird dev",
          split: "dev",
          args: {
            questions: 6,
            questions_sha256: questionsSha256,
            databases_sha256: databasesSha256,
            temperature: 0,
            samples: 1,
          },
        },
        metrics: [
          {
            type: "execution_accuracy",
            name: "EX, %",
            value: 62.5,
            args: { low: 52.5, high: 72.5, ...args },
          },
          {
            type: "redundant_tool_calls",
            name: "redundant tool calls, %",
            value: 20,
            args: { low: 10, high: 30, ...args },
          },
          {
            type: "tool_calls",
            name: "tool calls per question",
            value: 1.5,
            args: { low: 1.4, high: 1.6, ...args },
          },
        ],
        source: { name: "finestep leaderboard", url: "https://example.org/leaderboard" },
      }],
    }],
  });
});

Deno.test("modelCard() tells a reader n, seeds and the row", () => {
  const [, text] = parts(modelCard(ROW, NOWHERE));
  assert.match(
    text,
    /minibird dev, greedy: n = 40, 2 seeds, commit 0123456789ab, with 95 % intervals/,
  );
  assert(text.includes(ROW.id));
  assert(text.includes("| EX, % | 62.5 ± 10.0 |"));
});

Deno.test("modelCard() leaves out what is not known", () => {
  const ex = { ...ROW.measures.ex, low: null, high: null };
  const card = modelCard(aRow({ measures: { ...ROW.measures, ex } }), NOWHERE);
  const [index] = parts(card);
  assert.doesNotMatch(JSON.stringify(index), /null|"source"/);
  assert.match(JSON.stringify(index), /"type":"minibird"/);
});

Deno.test("evalResults() is one entry, of EX", () => {
  assert.deepEqual(JSON.parse(evalResults(ROW, PUBLISHED)), [{
    dataset: { id: "some-lab/minibird", task_id: "dev" },
    value: 62.5,
    date: "2026-01-02T03:04:05.678Z",
    source: { name: "finestep leaderboard", url: "https://example.org/leaderboard" },
    notes: "minibird dev, greedy, n = 40, 2 seeds, commit 0123456789ab",
  }]);
});

Deno.test("evalResults() needs a data set on Hugging Face", () => {
  for (const datasetId of [null, "minibird", "a/b/c"]) {
    assert.throws(() => evalResults(ROW, { ...NOWHERE, datasetId }), {
      name: "RangeError",
      message:
        `Cannot write .eval_results as a data set's id must be owner/name: current value is ${datasetId}`,
    });
  }
});
