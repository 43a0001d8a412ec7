/**
 * An evaluation, or a row of the leaderboard, as one record of Every Eval Ever: who evaluated what, with which settings, and a
 * result for each measure that has a better side.
 *
 * @module
 */

import type { Row } from "../../../leaderboard/schema.ts";
import type { RunIdentity } from "../../../store/identity.ts";
import type { Metric } from "../../../store/run_store.ts";
import { type ExportedRun, partialText } from "../../exported_run.ts";
import { measureOf } from "../../measures.ts";
import {
  type EvaluatedNames,
  type EveryEvalEverFacts,
  type EveryEvalEverNames,
  everyEvalEverNames,
  SCHEMA_VERSION,
  seconds,
} from "./facts.ts";

/** The file of samples, as it was written. */
export interface SamplesFile {
  readonly sha256: string;
  readonly rows: number;
}

/** How a metric is described beyond its display name. */
interface MetricText {
  /** The datastore's own id where it has the metric, else one below `finestep`. */
  readonly id: string;
  readonly kind: string;
  readonly description: string;
  /** 1 where not given. */
  readonly max?: number;
}

const METRIC_TEXTS: Readonly<Record<string, MetricText>> = {
  ex: {
    id: "finestep.execution_accuracy",
    kind: "accuracy",
    description: "BIRD's execution accuracy: the sets of rows of answer and gold SQL are equal",
  },
  strict_ex: {
    id: "finestep.strict_execution_accuracy",
    kind: "accuracy",
    description: "Execution accuracy where duplicates count, and order where the gold SQL orders",
  },
  soft_f1: {
    id: "finestep.soft_f1",
    kind: "f1",
    description: "BIRD's Soft-F1 over cells of rows paired by position",
  },
  r_ves: {
    id: "finestep.r_ves",
    kind: "efficiency",
    description: "BIRD's reward-based valid efficiency score: mean root of the reward",
    max: Math.sqrt(1.25),
  },
  redundant_tool_calls: {
    id: "finestep.redundant_tool_calls",
    kind: "error_rate",
    description: "Share of tool calls that could have been left out",
  },
  failed_tool_calls: {
    id: "finestep.failed_tool_calls",
    kind: "error_rate",
    description: "Share of tool calls that failed or timed out",
  },
  format_violations: {
    id: "finestep.format_violations",
    kind: "error_rate",
    description: "Share of messages that break the format",
  },
};

/** What a record says, be it of one run or of a row of the leaderboard. */
interface Evaluated extends EvaluatedNames {
  readonly run: EvaluatedNames["run"] & Pick<ExportedRun["run"], "command" | "commit">;
  readonly metrics: readonly Metric[];
  /** Of a metric's interval. */
  readonly method: (metric: string) => string;
  readonly details: Readonly<Record<string, string | number | null | undefined>>;
}

/** The record's fields as the schema names them; nothing in it is undefined. */
export function everyEvalEverAggregate(
  exported: ExportedRun,
  facts: EveryEvalEverFacts,
  samples: SamplesFile,
): Record<string, unknown> {
  const { run, verdicts, metrics } = exported;
  const isSilent = verdicts.every(({ calls }) => calls.length === 0);
  const questions = new Set(verdicts.map(({ exampleId }) => exampleId)).size;
  const { samplesPath } = everyEvalEverNames(exported, facts);
  const record = aggregate({
    ...exported,
    metrics: metrics.filter(({ name }) => !(isSilent && isOfCalls(name))),
    method: (name) => intervalMethod(name, questions === verdicts.length),
    details: { seed: run.identity?.seed, partial: partialText(exported) },
  }, facts);
  return {
    ...record,
    detailed_evaluation_results: {
      format: "jsonl",
      file_path: samplesPath,
      hash_algorithm: "sha256",
      checksum: samples.sha256,
      total_rows: samples.rows,
    },
  };
}

/** The record of a row, which has no samples: they are with the runs, for `finestep export`. */
export function everyEvalEverRow(row: Row, facts: EveryEvalEverFacts): Record<string, unknown> {
  return aggregate(evaluatedRow(row), facts);
}

/** What the names of a row's record are made of. */
export function evaluatedRow(row: Row): Evaluated {
  const { exam, runs: [first, ...others], versions, commit, date, dataSet, kind, name } = row;
  const isModel = kind !== "predictions";
  const identity: RunIdentity = {
    ...exam,
    dataSet: { ...exam.dataSet, name: dataSet },
    policy: {
      kind: isModel ? "model" : "predictions",
      name,
      modelSha256: isModel && others.length === 0 ? first.policySha256 : null,
      predictionsSha256: isModel ? null : first.policySha256,
      match: null,
    },
    seed: first.seed,
    versions,
  };
  const isTriedOnce = exam.samples === 1;
  const hasCalls = row.measures.tool_calls.value > 0;
  const metrics = Object.entries(row.measures)
    .filter(([name]) => hasCalls || !isOfCalls(name))
    .map(([name, { value, low, high, n }]) => ({
      phase: "eval" as const,
      name,
      value,
      low,
      high,
      n,
    }));
  return {
    run: { identity, dataSet, started: date, command: first.command, commit },
    phase: "eval",
    metrics,
    method: (name) =>
      others.length === 0
        ? intervalMethod(name, isTriedOnce)
        : "percentile bootstrap over seeds and questions",
    details: {
      seeds: row.runs.map(({ seed }) => seed).join(" "),
      result_sha256: row.runs.map(({ resultHash }) => resultHash).join(" "),
      leaderboard_row: row.id,
    },
  };
}

function aggregate(evaluated: Evaluated, facts: EveryEvalEverFacts): Record<string, unknown> {
  const { run } = evaluated;
  const names = everyEvalEverNames(evaluated, facts);
  return {
    schema_version: SCHEMA_VERSION,
    evaluation_id: names.evaluationId,
    evaluation_timestamp: seconds(run.started),
    retrieved_timestamp: String(facts.now),
    source_metadata: {
      source_name: "finestep",
      source_type: "evaluation_run",
      source_organization_name: facts.organization,
      evaluator_relationship: facts.relationship,
    },
    eval_library: evalLibrary(evaluated),
    model_info: modelInfo(evaluated, facts),
    evaluation_results: evaluated.metrics
      .filter(({ name }) => Object.hasOwn(METRIC_TEXTS, name))
      .map((metric) => result(metric, evaluated, names, facts)),
  };
}

/** Whether a metric says nothing where no tool was called. */
function isOfCalls(name: string): boolean {
  return METRIC_TEXTS[name]?.kind === "error_rate";
}

/** As src/evaluation/summary.ts chooses: Wilson's for a share of questions that were tried once. */
function intervalMethod(name: string, isTriedOnce: boolean): string {
  const isWilson = isTriedOnce && (name === "ex" || name === "strict_ex");
  return isWilson ? "wilson" : "percentile bootstrap over questions";
}

function evalLibrary({ run }: Evaluated) {
  const { versions, sqlite } = run.identity ?? {};
  return {
    name: "finestep",
    version: versions?.finestep ?? "unknown",
    additional_details: strings({ commit: run.commit, deno: versions?.deno, sqlite }),
  };
}

function modelInfo({ run }: Evaluated, { modelId }: EveryEvalEverFacts) {
  const policy = run.identity?.policy;
  const isRunHere = policy === undefined || policy.kind === "model";
  const [developer, name] = modelId.split("/");
  return {
    name,
    id: modelId,
    developer,
    ...isRunHere ? { inference_engine: { name: "ONNX Runtime" } } : {},
    additional_details: {
      deployment_type: isRunHere ? "self_deployed" : "unknown",
      model_availability: "unknown",
      ...strings({
        policy: policy?.name,
        model_sha256: policy?.modelSha256,
        predictions_sha256: policy?.predictionsSha256,
      }),
    },
  };
}

function result(
  metric: Metric,
  evaluated: Evaluated,
  names: EveryEvalEverNames,
  facts: EveryEvalEverFacts,
) {
  const { id, kind, description, max = 1 } = METRIC_TEXTS[metric.name];
  const { label, better } = measureOf(metric.name);
  return {
    evaluation_result_id: names.resultId(metric.name),
    evaluation_name: names.evaluationName,
    source_data: sourceData(evaluated, facts),
    evaluation_timestamp: seconds(evaluated.run.started),
    metric_config: {
      evaluation_description: description,
      metric_id: id,
      metric_name: label,
      metric_kind: kind,
      metric_unit: "proportion",
      lower_is_better: better === "down",
      score_type: "continuous",
      min_score: 0,
      max_score: max,
    },
    score_details: {
      score: metric.value,
      uncertainty: {
        ...metric.low === null || metric.high === null
          ? {}
          : { confidence_interval: { ...interval(metric, evaluated) } },
        num_samples: metric.n,
      },
    },
    generation_config: generationConfig(evaluated),
  };
}

function interval({ name, low, high }: Metric, { method }: Evaluated) {
  return { lower: low, upper: high, confidence_level: 0.95, method: method(name) };
}

function sourceData({ run }: Evaluated, { dataUrl }: EveryEvalEverFacts) {
  const { dataSet, questions, quarantine } = run.identity ?? {};
  return {
    dataset_name: dataSet?.name ?? run.dataSet,
    ...dataUrl === null ? { source_type: "other" } : { source_type: "url", url: [dataUrl] },
    additional_details: strings({
      split: dataSet?.split,
      questions_sha256: dataSet?.questionsSha256,
      databases_sha256: dataSet?.databasesSha256,
      questions: questions?.total,
      questions_chosen: questions?.evaluated,
      quarantine: quarantine?.version,
      quarantined: quarantine?.quarantined,
    }),
  };
}

/** How a model was run; of a file of predictions that is not known, only how it was scored. */
function generationConfig({ run, details }: Evaluated) {
  const { policy, temperature, limits, prompt, exRule, now } = run.identity ?? {};
  return {
    ...policy && policy.kind !== "predictions"
      ? {
        generation_args: {
          temperature,
          execution_command: run.command,
          agentic_eval_config: { available_tools: [{ name: "execute_sql" }] },
          eval_limits: { message_limit: limits?.maxTurns },
          ...prompt ? { prompt_template: prompt.template } : {},
        },
      }
      : {},
    additional_details: strings({
      ex_rule: exRule,
      answer_timeout_ms: limits?.answerTimeoutMs,
      sql_clock: now,
      prompt_sha256: prompt?.sha256,
      ...details,
    }),
  };
}

/** The schema takes text only here; what is not known is left out. */
function strings(details: Readonly<Record<string, string | number | null | undefined>>) {
  const known = Object.entries(details).filter(([, value]) =>
    value !== null && value !== undefined
  );
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}
