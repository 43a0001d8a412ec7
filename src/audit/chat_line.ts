/**
 * The form of a line with OpenAI's chat messages. docs/schemas/chat.schema.json is generated from it.
 *
 * Fields that are not listed may be there and are not read.
 *
 * @module
 */

import { z } from "zod";

const KEY = z.union([z.string(), z.number()]).transform(String);

const CONTENT = z.union([
  z.string(),
  z.null(),
  z.array(z.object({ type: z.string(), text: z.string().optional() })),
]).optional().transform((content) =>
  Array.isArray(content) ? content.map(({ text = "" }) => text).join("") : content ?? ""
);

const CALL = z.object({
  id: z.string().optional().describe("what the reply's tool_call_id repeats"),
  function: z.object({
    name: z.string(),
    arguments: z.union([z.string(), z.record(z.string(), z.unknown())])
      .describe("a JSON object, as text or as it is"),
  }),
});

const CELL = z.union([z.null(), z.boolean(), z.number(), z.string()]);

const MESSAGE = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "developer", "user"]), content: CONTENT }),
  z.object({
    role: z.literal("assistant"),
    content: CONTENT,
    tool_calls: z.array(CALL).nullish().transform((calls) => calls ?? []),
    function_call: z.null({ error: "calls must be in tool_calls: function_call is older" })
      .optional(),
  }),
  z.object({
    role: z.literal("tool"),
    content: CONTENT,
    tool_call_id: z.string().optional().describe("without it, replies are in the order of calls"),
    columns: z.array(z.string()).optional(),
    rows: z.array(z.array(CELL)).optional()
      .describe("the result's rows in full; without them its text is compared"),
  }),
]);

/** One trajectory. */
export const CHAT_LINE = z.object({
  messages: z.array(MESSAGE).min(1),
  id: KEY.optional().describe("name in reports; the line's number where there is none"),
  group: KEY.optional().describe("attempts at one question share it; question_id if not given"),
  question_id: KEY.optional().describe("the question in a benchmark, for --data"),
  database: z.string().optional(),
  outcome: z.literal([0, 1]).nullish().describe("1 if the answer is right"),
  final_sql: z.string().nullish()
    .describe("the answer, null for none; if not given, it is looked for in the last message"),
  gold_sql: z.string().optional()
    .describe("counts before the question's own gold SQL; run by --data only"),
});

/** A line as it was read. */
export type ChatLine = z.output<typeof CHAT_LINE>;

/** One of its messages. */
export type ChatMessage = z.output<typeof MESSAGE>;
