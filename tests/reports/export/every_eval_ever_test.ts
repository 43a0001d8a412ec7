import assert from "finestep/assert";
import {
  everyEvalEverAggregate,
  everyEvalEverRow,
} from "../../../src/reports/export/every_eval_ever/aggregate.ts";
import { aRow } from "../../leaderboard/rows.ts";
import {
  type EveryEvalEverFacts,
  everyEvalEverNames,
} from "../../../src/reports/export/every_eval_ever/facts.ts";
import { everyEvalEverSamples } from "../../../src/reports/export/every_eval_ever/samples.ts";
import type { ExportedRun } from "../../../src/reports/exported_run.ts";
import { agenticRun, aMetric, EXPORTED, RUN, VERDICTS } from "../exported_runs.ts";
import { AGGREGATE, SAMPLE } from "./every_eval_ever_schema.ts";

const FACTS: EveryEvalEverFacts = {
  modelId: "some-lab/some-model",
  organization: "Some University",
  relationship: "third_party",
  dataUrl: "https://bird-bench.github.io",
  uuid: "0b5e8c1e-3f5d-4a6b-9c7d-0123456789ab",
  now: 1_767_323_105,
};

const FILE = { sha256: "0".repeat(64), rows: 18 };

const QUESTIONS = new Map(
  VERDICTS.map(({ exampleId }) => [exampleId, {
    question: `How many, ${exampleId}?`,
    evidence: exampleId === "0" ? "products have ids" : "",
  }]),
);

const aggregate = (exported: ExportedRun, facts = FACTS) =>
  AGGREGATE.parse(everyEvalEverAggregate(exported, facts, FILE));

const samples = (exported: ExportedRun) =>
  [...everyEvalEverSamples(exported, QUESTIONS, FACTS)].map((line) =>
    SAMPLE.parse(JSON.parse(line))
  );

Deno.test("everyEvalEverAggregate() has a result for each metric, with its interval", () => {
  const { evaluation_results: results } = aggregate(EXPORTED);
  assert.deepEqual(
    results.map(({ metric_config }) => metric_config.metric_name),
    ["EX", "strict EX", "Soft-F1"],
  );
  const { score, uncertainty } = results[0].score_details;
  assert.equal(score, 0.5);
  assert.deepEqual(uncertainty, {
    confidence_interval: { lower: 0.4, upper: 0.6, confidence_level: 0.95, method: "wilson" },
    num_samples: 6,
  });
  assert.match(
    results[2].score_details.uncertainty.confidence_interval!.method,
    /bootstrap/,
  );
});

Deno.test("everyEvalEverAggregate() names the same evaluation in every export of a run", () => {
  const first = aggregate(EXPORTED);
  assert.equal(first.evaluation_id, "bird.dev/some-lab/some-model/1767323045");
  const later = aggregate(EXPORTED, { ...FACTS, now: FACTS.now + 9, uuid: crypto.randomUUID() });
  assert.equal(later.evaluation_id, first.evaluation_id);
});

Deno.test("everyEvalEverAggregate() says nothing of how predictions of a file were made", () => {
  const { model_info, evaluation_results: [{ generation_config }] } = aggregate(EXPORTED);
  assert.equal(model_info.additional_details.deployment_type, "unknown");
  assert.equal(model_info.inference_engine, undefined);
  assert.equal(generation_config.generation_args, undefined);
  assert.equal(generation_config.additional_details.ex_rule, "bird");
});

Deno.test("everyEvalEverAggregate() says how a model was run, and measures its calls", () => {
  const { model_info, evaluation_results: results } = aggregate(agenticRun());
  assert.equal(model_info.additional_details.deployment_type, "self_deployed");
  const [, redundant] = results;
  assert.equal(redundant.metric_config.lower_is_better, true);
  assert.deepEqual(redundant.generation_config.generation_args?.eval_limits, { message_limit: 1 });
});

Deno.test("everyEvalEverAggregate() leaves measures of calls out where there was none", () => {
  const metrics = [...EXPORTED.metrics, aMetric("redundant_tool_calls", 0)];
  assert.equal(aggregate({ ...EXPORTED, metrics }).evaluation_results.length, 3);
});

Deno.test("everyEvalEverAggregate() says that a run was stopped", () => {
  const run = { ...RUN, status: "interrupted" } as const;
  const stopped = aggregate({ ...EXPORTED, run, verdicts: VERDICTS.slice(0, 2) });
  const { additional_details: details } = stopped.evaluation_results[0].generation_config;
  assert.equal(details.partial, "2 of 6 questions");
});

Deno.test("everyEvalEverAggregate() gives the samples' place, and takes dataless sets as other", () => {
  const record = aggregate(EXPORTED, { ...FACTS, dataUrl: null });
  assert.equal(record.evaluation_results[0].source_data.source_type, "other");
  assert.equal(
    record.detailed_evaluation_results.file_path,
    `data/bird/some-lab/some-model/${FACTS.uuid}_samples.jsonl`,
  );
});

/** A record of the leaderboard has no samples. */
const OF_ROW = AGGREGATE.omit({ detailed_evaluation_results: true });

Deno.test("everyEvalEverRow() has the scores of all seeds, and which these are", () => {
  const row = aRow({ ex: 0.625 });
  const record = OF_ROW.parse(everyEvalEverRow(row, FACTS));
  assert.equal(record.evaluation_id, "minibird.dev/some-lab/some-model/1767323045");
  const [ex, redundant, ...others] = record.evaluation_results;
  assert.deepEqual(ex.score_details, {
    score: 0.625,
    uncertainty: {
      confidence_interval: {
        lower: 0.525,
        upper: 0.725,
        confidence_level: 0.95,
        method: "percentile bootstrap over seeds and questions",
      },
      num_samples: 40,
    },
  });
  assert.equal(redundant.metric_config.metric_id, "finestep.redundant_tool_calls");
  // The number of calls has no better side.
  assert.deepEqual(others, []);
  const { additional_details } = ex.generation_config;
  assert.equal(additional_details.seeds, "1 2");
  assert.equal(additional_details.leaderboard_row, row.id);
  assert.equal(record.model_info.additional_details.model_sha256, undefined);
});

Deno.test("everyEvalEverRow() of one seed has that seed's interval and policy", () => {
  const [run] = aRow().runs;
  const record = OF_ROW.parse(everyEvalEverRow(aRow({ runs: [run] }), FACTS));
  const [ex] = record.evaluation_results;
  assert.equal(ex.score_details.uncertainty.confidence_interval!.method, "wilson");
  assert.equal(record.model_info.additional_details.model_sha256, run.policySha256);
});

Deno.test("everyEvalEverRow() leaves measures of calls out where there was none", () => {
  const { measures } = aRow();
  const silent = { ...measures, tool_calls: { ...measures.tool_calls, value: 0 } };
  const { evaluation_results } = OF_ROW.parse(everyEvalEverRow(aRow({ measures: silent }), FACTS));
  assert.deepEqual(evaluation_results.map(({ metric_config }) => metric_config.metric_name), [
    "EX",
  ]);
});

Deno.test("everyEvalEverSamples() has a line for each question and score", () => {
  const lines = samples(EXPORTED);
  assert.equal(lines.length, 3 * VERDICTS.length);
  const ids = aggregate(EXPORTED).evaluation_results.map((result) => result.evaluation_result_id);
  assert.deepEqual(new Set(lines.map((line) => line.evaluation_result_id)), new Set(ids));
  for (const [metric, of] of [["ex", "isCorrect"], ["strict_ex", "isStrictlyCorrect"]] as const) {
    const scores = lines
      .filter((line) => line.evaluation_result_id.endsWith(`#${metric}`))
      .map(({ evaluation }) => evaluation);
    assert.deepEqual(scores.map(({ score }) => score === 1), VERDICTS.map((v) => v[of]));
    assert.deepEqual(scores.map((score) => score.is_correct), VERDICTS.map((v) => v[of]));
  }
});

Deno.test("everyEvalEverSamples() says why there are no rows, and where there is no answer", () => {
  const lines = samples(EXPORTED);
  const ofQuestion = (id: string) => lines.find(({ sample_id }) => sample_id === id)!;
  assert.match(ofQuestion("4").error!, /^execution_error: no such column/);
  assert.deepEqual(ofQuestion("5").answer_attribution, []);
  assert.equal(ofQuestion("0").input.raw, "products have ids\nHow many, 0?");
  assert.equal(ofQuestion("0").error, undefined);
});

Deno.test("everyEvalEverSamples() hashes a question as Python's json.dumps writes it", () => {
  const verdicts = [{ ...VERDICTS[0], goldSql: "SELECT 'é\u007f😀'" }];
  const questions = new Map([["0", { question: 'naïve "q"\n', evidence: "" }]]);
  const [line] = everyEvalEverSamples({ ...EXPORTED, verdicts }, questions, FACTS);
  // Python 3.11: hashlib.sha256(json.dumps({"raw": 'naïve "q"\n', "reference":
  // ["SELECT 'é\x7f😀'"]}, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
  assert.equal(
    JSON.parse(line).sample_hash,
    "fe153d93a71cd82bfd19dc24b4bc2bd98a87c18fa7a31629b90c108f705d7f4c",
  );
});

Deno.test("everyEvalEverSamples() has the messages of a policy, each call with its answer", () => {
  const [line] = samples(agenticRun());
  assert(line.interaction_type === "agentic");
  assert.deepEqual(
    line.messages.map(({ role, tool_calls, tool_call_id }) => [
      role,
      tool_calls?.[0].id ?? tool_call_id?.[0] ?? null,
    ]),
    [
      ["user", null],
      ["assistant", "call_0"],
      ["tool", "call_0"],
      ["assistant", "call_1"],
      ["tool", "call_1"],
      ["assistant", null],
    ],
  );
  assert.deepEqual(line.messages.map(({ turn_idx }) => turn_idx), [0, 1, 2, 3, 4, 5]);
  assert.equal(line.answer_attribution[0].source, "messages[5].content");
  assert.deepEqual([line.evaluation.num_turns, line.evaluation.tool_calls_count], [3, 2]);
  assert.deepEqual(line.token_usage, { input_tokens: 3, output_tokens: 2, total_tokens: 5 });
});

Deno.test("everyEvalEverSamples() needs the text of every question", () => {
  const few = new Map([...QUESTIONS].slice(0, 2));
  assert.throws(
    () => [...everyEvalEverSamples(EXPORTED, few, FACTS)],
    /^RangeError: Cannot export .* every question's text must be at hand: question 2 is none of 2$/,
  );
});

Deno.test("everyEvalEverSamples() refuses an episode that was never judged", () => {
  const exported = { ...agenticRun(), verdicts: [] };
  assert.throws(
    () => [...everyEvalEverSamples(exported, QUESTIONS, FACTS)],
    /question 0 with seed/,
  );
});

Deno.test("everyEvalEverNames() needs a model's id that names its developer", () => {
  for (const modelId of ["some-model", "a/b/c", "some lab/x", ""]) {
    assert.throws(() => everyEvalEverNames(EXPORTED, { ...FACTS, modelId }), /must be developer/);
  }
});
