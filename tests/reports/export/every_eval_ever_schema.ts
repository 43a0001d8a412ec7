/**
 * The part of Every Eval Ever's schemas (0.3.0) that is written, stricter where a field that is
 * misspelled would pass unseen.
 *
 * @module
 */

import { z } from "zod";

const TEXTS = z.record(z.string(), z.string());
const EPOCH = z.string().regex(/^\d{9,11}$/);
const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

const RESULT = z.strictObject({
  evaluation_result_id: z.string(),
  evaluation_name: z.string(),
  source_data: z.discriminatedUnion("source_type", [
    z.strictObject({
      dataset_name: z.string(),
      source_type: z.literal("other"),
      additional_details: TEXTS,
    }),
    z.strictObject({
      dataset_name: z.string(),
      source_type: z.literal("url"),
      url: z.array(z.url()).min(1),
      additional_details: TEXTS,
    }),
  ]),
  evaluation_timestamp: EPOCH,
  metric_config: z.strictObject({
    evaluation_description: z.string(),
    metric_id: z.string(),
    metric_name: z.string(),
    metric_kind: z.string(),
    metric_unit: z.literal("proportion"),
    lower_is_better: z.boolean(),
    score_type: z.literal("continuous"),
    min_score: z.number(),
    max_score: z.number(),
  }),
  score_details: z.strictObject({
    score: z.number(),
    uncertainty: z.strictObject({
      confidence_interval: z.strictObject({
        lower: z.number(),
        upper: z.number(),
        confidence_level: z.literal(0.95),
        method: z.string(),
      }).optional(),
      num_samples: z.int(),
    }),
  }),
  generation_config: z.strictObject({
    generation_args: z.strictObject({
      temperature: z.number(),
      execution_command: z.string(),
      agentic_eval_config: z.strictObject({
        available_tools: z.array(z.strictObject({ name: z.string() })),
      }),
      eval_limits: z.strictObject({ message_limit: z.int() }),
      prompt_template: z.string().optional(),
    }).optional(),
    additional_details: TEXTS,
  }),
});

/** `eval.schema.json`. */
export const AGGREGATE = z.strictObject({
  schema_version: z.literal("0.3.0"),
  evaluation_id: z.string(),
  evaluation_timestamp: EPOCH,
  retrieved_timestamp: EPOCH,
  source_metadata: z.strictObject({
    source_name: z.literal("finestep"),
    source_type: z.literal("evaluation_run"),
    source_organization_name: z.string().min(1),
    evaluator_relationship: z.enum(["first_party", "third_party", "collaborative", "other"]),
  }),
  eval_library: z.strictObject({
    name: z.literal("finestep"),
    version: z.string(),
    additional_details: TEXTS,
  }),
  model_info: z.strictObject({
    name: z.string(),
    id: z.string(),
    developer: z.string(),
    inference_engine: z.strictObject({ name: z.string() }).optional(),
    additional_details: z.object({
      deployment_type: z.enum(["self_deployed", "externally_managed", "unknown"]),
      model_availability: z.enum(["open_weights", "closed_weights", "unknown"]),
    }).catchall(z.string()),
  }),
  evaluation_results: z.array(RESULT).min(1),
  detailed_evaluation_results: z.strictObject({
    format: z.literal("jsonl"),
    file_path: z.string().regex(new RegExp(`^data/[^/]+/[^/]+/[^/]+/${UUID}_samples\\.jsonl$`)),
    hash_algorithm: z.literal("sha256"),
    checksum: z.string().regex(/^[0-9a-f]{64}$/),
    total_rows: z.int().min(1),
  }),
});

const COMMON = z.strictObject({
  schema_version: z.literal("0.3.0"),
  evaluation_id: z.string(),
  model_id: z.string(),
  evaluation_name: z.string(),
  evaluation_result_id: z.string(),
  sample_id: z.string(),
  sample_hash: z.string(),
  input: z.strictObject({
    raw: z.string().min(1),
    formatted: z.string().optional(),
    reference: z.array(z.string()).length(1),
  }),
  answer_attribution: z.array(z.strictObject({
    turn_idx: z.int().min(0),
    source: z.string(),
    extracted_value: z.string(),
    extraction_method: z.string(),
    is_terminal: z.literal(true),
  })).max(1),
  evaluation: z.strictObject({
    score: z.number(),
    is_correct: z.boolean(),
    num_turns: z.int().min(1).optional(),
    tool_calls_count: z.int().min(0).optional(),
  }),
  error: z.string().optional(),
  metadata: TEXTS,
});

/** A line by `instance_level_eval.schema.json`: either an output or messages. */
export const SAMPLE = z.discriminatedUnion("interaction_type", [
  COMMON.extend({
    interaction_type: z.literal("single_turn"),
    output: z.strictObject({ raw: z.array(z.string()) }),
  }),
  COMMON.extend({
    interaction_type: z.literal("agentic"),
    messages: z.array(z.strictObject({
      turn_idx: z.int().min(0),
      role: z.enum(["system", "user", "assistant", "tool"]),
      content: z.string(),
      tool_calls: z.array(z.strictObject({ id: z.string(), name: z.string(), arguments: TEXTS }))
        .optional(),
      tool_call_id: z.array(z.string()).optional(),
    })),
    token_usage: z.strictObject({
      input_tokens: z.int().min(0),
      output_tokens: z.int().min(0),
      total_tokens: z.int().min(0),
    }).optional(),
    performance: z.strictObject({ latency_ms: z.number().min(0) }),
  }),
]);
