/**
 * The form of `finestep credit --json`. docs/schemas/audit.schema.json is generated from it, and the
 * tests hold real audits to it.
 *
 * @module
 */

import { z } from "zod";
import { CHAT_LINE } from "../audit/chat_line.ts";
import { MEASURE_NAMES } from "../audit/totals.ts";
import { REDUNDANCY_CATEGORIES } from "../evaluation/redundancy.ts";

/** Name and version of the form; the version goes up with a change that breaks readers. */
export const AUDIT_FORMAT = "finestep.audit/1";

const COUNT = z.int().min(0);
const REWARD = z.number();

const STEP = z.strictObject({
  index: COUNT.describe("place among the trajectory's steps"),
  message: COUNT.describe("place of its message in the line"),
  kind: z.enum(["toolCall", "answer", "violation"]),
  tool: z.string().nullable().describe("null for a step that is no call"),
  sql: z.string().nullable().describe("null where there is none"),
  status: z.enum(["ok", "error", "refused", "timeout", "too_large", "crashed", "none"])
    .describe("how its SQL or tool came out; none: there is no result"),
  classes: z.array(z.enum([...REDUNDANCY_CATEGORIES, "R4Lenient", "R5b", "R6Oracle"]))
    .describe("redundancy classes that hold (docs/metrics.md)"),
  category: z.enum(REDUNDANCY_CATEGORIES).nullable()
    .describe("the class that makes the call redundant; null for none"),
  hard: REWARD.describe("hard constraint"),
  recall: REWARD.nullable().describe("recall of the gold result; null where it is not known"),
  process: REWARD.describe("process reward; the hard constraint alone where recall is null"),
  smoothed: REWARD.describe("process reward after smoothing"),
  discounted: REWARD.nullable().describe("outcome as the step sees it"),
  value: REWARD.nullable().describe("outcome and process mixed, before they are compared"),
  advantage: REWARD.nullable().describe("null where an outcome of the group is not known"),
});

const TRAJECTORY = z.strictObject({
  line: z.int().min(1).describe("line of the file"),
  id: z.string(),
  group: z.string().describe("trajectories of one group are compared"),
  groupSize: z.int().min(1),
  isKept: z.boolean().nullable().describe("whether the algorithm would train on the group"),
  results: z.enum(["rows", "text"]).describe("what R4 and R6 compare"),
  outcome: z.literal([0, 1]).nullable().describe("1 if the answer is right; null if not known"),
  finalSql: z.string().nullable(),
  calls: COUNT,
  redundant: COUNT,
  failed: COUNT,
  excessSteps: COUNT.nullable()
    .describe("calls after the one that determined the answer; null where none did"),
  steps: z.array(STEP),
});

/** One audit. */
export const AUDIT = z.strictObject({
  schema: z.literal(AUDIT_FORMAT),
  file: z.string(),
  algorithm: z.string(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe("of rewards and credit, in force"),
  seed: z.int().describe("of the intervals"),
  skipped: z.array(z.string()).describe("lines left out with --skip-invalid, and why"),
  limits: z.array(z.string()).describe("what could not be computed, or rests on text"),
  measures: z.array(z.strictObject({
    name: z.enum(MEASURE_NAMES),
    value: z.number().describe("a share, a count, or a mean advantage"),
    low: z.number().nullable()
      .describe("lower bound of the 95 % interval; null where n is 1"),
    high: z.number().nullable().describe("upper bound of the 95 % interval"),
    n: COUNT.describe("groups that it rests on"),
  })),
  trajectories: z.array(TRAJECTORY).describe("in the order of the file"),
});

/** An audit as the export has it. */
export type AuditDocument = z.output<typeof AUDIT>;

/** The JSON Schemas (draft 2020-12) by the name of their file in docs/schemas/. */
export function auditSchemas(): Record<string, unknown> {
  return {
    "audit.schema.json": z.toJSONSchema(AUDIT),
    "chat.schema.json": z.toJSONSchema(CHAT_LINE, { io: "input" }),
  };
}
