/**
 * What clients of OpenEnv, MCP and verl-tool send, checked. The schemas are also what `/schema` shows.
 *
 * @module
 */

import { z } from "zod";
import type { EpisodeChoice } from "./environment.ts";
import { Refusal } from "./refusal.ts";
import type { ClientAction } from "./tools.ts";

const NAME = z.string().min(1).max(255);

/** The choice of an episode; what else a client sends is not read, as OpenEnv has it. */
export const RESET = z.object({
  seed: z.int().min(0).max(2 ** 32 - 1).nullish().describe(
    "recorded; draws the question where none is named (none = random)",
  ),
  episode_id: NAME.nullish().describe("names the episode in states and groups (none = a UUID)"),
  split: NAME.nullish().describe("split of the question (none = the first one served)"),
  example_id: z.union([NAME, z.int()]).nullish().describe("the question by its id"),
  index: z.int().min(0).nullish().describe("the question by its place in the split, from 0"),
  group: z.object({ id: NAME, size: z.int().min(1).max(1024) }).nullish().describe(
    "episodes to compare: all resets with this id are of one question, and when `size` of them have " +
      "ended, each step has an advantage",
  ),
  prompt: z.enum(["text", "tools"]).nullish().describe(
    "text: tools and answers are told of in the prompt, for `message`; tools: for `call_tool`",
  ),
}).meta({ title: "FinestepReset" });

/** A whole message of the model, in the environment's own protocol. */
export const MESSAGE_ACTION = z.strictObject({
  message: z.string().describe(
    "The whole reply: <reasoning>…</reasoning>, then one <tool_call> or one <answer>.",
  ),
  metadata: z.record(z.string(), z.unknown()).optional(),
}).meta({ title: "FinestepAction" });

/** OpenEnv's own actions, which it takes beside those of any environment. */
const LIST_TOOLS = z.strictObject({
  type: z.literal("list_tools"),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export const CALL_TOOL = z.strictObject({
  type: z.literal("call_tool"),
  tool_name: z.string(),
  arguments: z.record(z.string(), z.unknown()).default({}),
  metadata: z.record(z.string(), z.unknown()).optional(),
}).meta({ title: "CallToolAction" });

/** Body of `/step`. */
export const STEP_BODY = z.object({ action: z.record(z.string(), z.unknown()) });

/** A message on `/ws`. */
export const SOCKET_MESSAGE = z.object({
  type: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
});

/** A request of JSON-RPC 2.0; without an id it is a notification. */
export const RPC_REQUEST = z.object({
  jsonrpc: z.literal("2.0"),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  id: z.union([z.string(), z.int()]).nullish(),
});

/** Parameters of `tools/call`; others are not read. */
export const RPC_CALL = z.object({
  name: z.string().min(1),
  arguments: z.record(z.string(), z.unknown()).default({}),
});

/** Parameters that name a session. */
export const RPC_SESSION = z.object({ session_id: z.string().optional() });

/** Parameters of `openenv/session/create`: it may begin an episode at once. */
export const RPC_CREATE = z.object({ reset: RESET.optional() });

/** Body of `/get_observation`: a batch of actions; other lists are fields of each of them. */
export const OBSERVATION_BODY = z.looseObject({
  // verl-tool sends one id as a text where it ends a trajectory.
  trajectory_ids: z.preprocess(
    (ids) => Array.isArray(ids) ? ids : [ids],
    z.array(z.union([NAME, z.int()])).min(1).max(1024),
  ),
  actions: z.array(z.string()),
  extra_fields: z.array(z.record(z.string(), z.unknown()).nullable()).optional(),
  finish: z.array(z.boolean()).optional(),
});

/**
 * A value that fits a schema.
 *
 * @param status Of the refusal; protocols differ.
 * @throws {Refusal} If it does not, with what is wrong.
 */
export function fitting<T extends z.ZodType>(
  schema: T,
  value: unknown,
  status: 400 | 422 = 422,
): z.infer<T> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as z.infer<T>;
  throw new Refusal(status, `Cannot read the request: ${z.prettifyError(error)}`);
}

/** The JSON schema of a schema, as clients send it. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: "input" });
}

/**
 * The choice of an episode.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { episodeChoice } from "./wire.ts";
 *
 * assert.deepEqual(episodeChoice({ example_id: 7, seed: null }), { exampleId: "7" });
 * ```
 *
 * @throws {Refusal} If it is none.
 */
export function episodeChoice(value: unknown): EpisodeChoice {
  const { episode_id: episodeId, example_id: id, ...rest } = fitting(RESET, value);
  const exampleId = id == null ? undefined : String(id);
  const given = Object.entries({ ...rest, episodeId, exampleId }).filter(([, part]) =>
    part != null
  );
  return Object.fromEntries(given);
}

/**
 * The action of a step; null for one that only asks for the tools.
 *
 * @throws {Refusal} If it is none.
 */
export function clientAction(value: unknown): ClientAction | null {
  const { type } = Object(value);
  if (type === "list_tools") return fitting(LIST_TOOLS, value) && null;
  if (type !== "call_tool") return { text: fitting(MESSAGE_ACTION, value).message };
  const call = fitting(CALL_TOOL, value);
  return { tool: call.tool_name, arguments: call.arguments };
}
