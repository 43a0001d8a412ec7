/**
 * The form of the JSON and JSONL exports. docs/schemas/ is generated from it, and the tests hold real
 * exports to it.
 *
 * @module
 */

import { z } from "zod";
import type { Verdict } from "../../evaluation/verdict.ts";
import { DISAGREEMENTS, OUTCOMES, SQL_FEATURES } from "../../evaluation/verdict.ts";
import { REDUNDANCY_CATEGORIES } from "../../evaluation/redundancy.ts";
import { RUN_IDENTITY } from "../../store/identity_schema.ts";
import type { Metric } from "../../store/run_store.ts";

/** Name and version of the JSON export; the version goes up with a change that breaks readers. */
export const EVALUATION_FORMAT = "finestep.evaluation/1";

const COUNT = z.int().min(0);
const SHARE = z.number().min(0).max(1);
const TIME = z.iso.datetime();
const PHASE = z.enum(["before", "train", "after", "eval"]);

const CALL = z.strictObject({
  index: COUNT.describe("place among the question's tool calls"),
  step: COUNT.describe("place among the policy's messages"),
  classes: z.array(z.enum([...REDUNDANCY_CATEGORIES, "R4Lenient", "R5b", "R6Oracle"]))
    .describe("redundancy classes that hold (docs/metrics.md)"),
  category: z.enum(REDUNDANCY_CATEGORIES).nullable()
    .describe("the class that makes the call redundant; null for none"),
  hasFailed: z.boolean().describe("no rows, as it failed or timed out"),
});

/** One question's result. */
export const VERDICT = z.strictObject({
  exampleId: z.string().describe("BIRD's question_id, or the position where there is none"),
  databaseId: z.string(),
  difficulty: z.enum(["simple", "moderate", "challenging"]).nullable(),
  seed: z.int().describe("seed of the attempt"),
  goldSql: z.string(),
  predictedSql: z.string().nullable().describe("null where there was no answer"),
  isCorrect: z.boolean().describe("by BIRD's EX"),
  isStrictlyCorrect: z.boolean()
    .describe("by strict EX: duplicates count, order where the gold orders, reals to a tolerance"),
  disagreement: z.enum(DISAGREEMENTS)
    .describe("why strict EX and BIRD's EX differ"),
  softF1: SHARE.describe("BIRD's Soft-F1"),
  rVesReward: z.number().min(0).max(1.25).nullable()
    .describe("BIRD's R-VES reward; null where queries were not timed"),
  outcome: z.enum(OUTCOMES),
  message: z.string().describe("why there are no rows; empty where there are"),
  features: z.array(z.enum(SQL_FEATURES)).describe("what the gold SQL uses"),
  calls: z.array(CALL).describe("tool calls"),
  excessSteps: COUNT.nullable()
    .describe("calls after the one that determined the answer; null where none did"),
  messageCount: COUNT.describe("messages of the policy"),
  violationCount: COUNT.describe("messages that broke the format"),
  stopReason: z.enum(["answer", "turn_limit", "context_limit", "no_prediction"]),
  predictedMs: z.number().min(0).nullable().describe(
    "ms in SQLite; null where there was no answer",
  ),
  goldMs: z.number().min(0).describe("ms in SQLite"),
}) satisfies z.ZodType<Verdict>;

/** A measured number; a rate is a share, not percent. */
const METRIC = z.strictObject({
  phase: PHASE,
  name: z.string(),
  value: z.number(),
  low: z.number().nullable().describe("lower bound of the 95 % interval"),
  high: z.number().nullable().describe("upper bound of the 95 % interval"),
  n: COUNT.describe("questions that it rests on"),
}) satisfies z.ZodType<Metric>;

/** EX of a group of questions. */
const CELL = z.strictObject({
  group: z.string(),
  right: COUNT,
  n: COUNT,
  ex: SHARE,
  low: SHARE.describe("lower bound of the 95 % interval"),
  high: SHARE.describe("upper bound of the 95 % interval"),
});

/** Name and version of a line of the JSONL export. */
export const VERDICT_FORMAT = "finestep.verdict/1";

/** One line of the JSONL export. */
export const VERDICT_LINE = z.strictObject({
  schema: z.literal(VERDICT_FORMAT),
  ...VERDICT.shape,
});

/** The JSON export: one document that holds an evaluation. */
export const EVALUATION = z.strictObject({
  schema: z.literal(EVALUATION_FORMAT),
  run: z.strictObject({
    id: z.int(),
    kind: z.enum(["train", "eval"]),
    phase: PHASE,
    command: z.string(),
    commit: z.string().nullable().describe("of finestep; `+` after it: files differed from it"),
    started: TIME,
    finished: TIME.nullable(),
    status: z.enum(["running", "finished", "failed", "interrupted"]),
    partial: z.string().nullable().describe("how much there is; null where all of it is"),
  }),
  identity: RUN_IDENTITY.nullable().describe("what the numbers depend on"),
  metrics: z.array(METRIC),
  usage: z.record(z.string(), z.number()).optional()
    .describe("answers and tokens that an endpoint gave, over all of the run's processes"),
  breakdown: z.record(z.string(), z.array(CELL)).describe("EX by group of questions"),
  outcomes: z.partialRecord(z.enum(OUTCOMES), COUNT).describe("questions by outcome"),
  disagreements: z.array(z.strictObject({
    exampleId: z.string(),
    databaseId: z.string(),
    isCorrect: z.boolean(),
    isStrictlyCorrect: z.boolean(),
    reason: z.enum(DISAGREEMENTS),
  })).describe("questions on which BIRD's EX and strict EX differ"),
  verdicts: z.array(VERDICT).describe("one a question, in the order of the questions"),
});

/** The JSON Schemas (draft 2020-12) by the name of their file in docs/schemas/. */
export function jsonSchemas(): Record<string, unknown> {
  return {
    "evaluation.schema.json": z.toJSONSchema(EVALUATION),
    "verdict.schema.json": z.toJSONSchema(VERDICT_LINE),
  };
}
