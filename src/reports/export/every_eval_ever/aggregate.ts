/**
 * An evaluation as one record of Every Eval Ever: who evaluated what, with which settings, and a
 * result for each measure that has a better side.
 *
 * @module
 */

import type { Metric } from "../../../store/run_store.ts";
import type { ExportedRun } from "../../exported_run.ts";
import { partialText } from "../../exported_run.ts";
import { measureOf } from "../../measures.ts";
import {
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

/** The record's fields as the schema names them; nothing in it is undefined. */
export function everyEvalEverAggregate(
  exported: ExportedRun,
  facts: EveryEvalEverFacts,
  samples: SamplesFile,
): Record<string, unknown> {
  const { run } = exported;
  const names = everyEvalEverNames(exported, facts);
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
    eval_library: evalLibrary(exported),
    model_info: modelInfo(exported, facts),
    evaluation_results: measuredMetrics(exported)
      .map((metric) => result(metric, exported, names, facts)),
    detailed_evaluation_results: {
      format: "jsonl",
      file_path: names.samplesPath,
      hash_algorithm: "sha256",
      checksum: samples.sha256,
      total_rows: samples.rows,
    },
  };
}

/** Those with a description; measures of calls only where a policy made any. */
function measuredMetrics({ metrics, verdicts }: ExportedRun): Metric[] {
  const isSilent = verdicts.every(({ calls }) => calls.length === 0);
  return metrics.filter(({ name }) =>
    Object.hasOwn(METRIC_TEXTS, name) && !(isSilent && METRIC_TEXTS[name].kind === "error_rate")
  );
}

function evalLibrary({ run }: ExportedRun) {
  const { versions, sqlite } = run.identity ?? {};
  return {
    name: "finestep",
    version: versions?.finestep ?? "unknown",
    additional_details: strings({ commit: run.commit, deno: versions?.deno, sqlite }),
  };
}

function modelInfo({ run }: ExportedRun, { modelId }: EveryEvalEverFacts) {
  const policy = run.identity?.policy;
  const isRunHere = policy?.kind !== "predictions";
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
  exported: ExportedRun,
  names: EveryEvalEverNames,
  facts: EveryEvalEverFacts,
) {
  const { id, kind, description, max = 1 } = METRIC_TEXTS[metric.name];
  const { label, better } = measureOf(metric.name);
  return {
    evaluation_result_id: names.resultId(metric.name),
    evaluation_name: names.evaluationName,
    source_data: sourceData(exported, facts),
    evaluation_timestamp: seconds(exported.run.started),
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
          : { confidence_interval: { ...interval(metric, exported) } },
        num_samples: metric.n,
      },
    },
    generation_config: generationConfig(exported),
  };
}

function interval({ name, low, high }: Metric, { verdicts }: ExportedRun) {
  const questions = new Set(verdicts.map(({ exampleId }) => exampleId)).size;
  // As src/evaluation/summary.ts chooses: Wilson's for a share of questions that were tried once.
  const isWilson = (name === "ex" || name === "strict_ex") && questions === verdicts.length;
  return {
    lower: low,
    upper: high,
    confidence_level: 0.95,
    method: isWilson ? "wilson" : "percentile bootstrap over questions",
  };
}

function sourceData({ run }: ExportedRun, { dataUrl }: EveryEvalEverFacts) {
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
function generationConfig(exported: ExportedRun) {
  const { run } = exported;
  const { policy, temperature, limits, prompt, seed, exRule, now } = run.identity ?? {};
  return {
    ...policy?.kind === "model"
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
      seed,
      prompt_sha256: prompt?.sha256,
      partial: partialText(exported),
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
