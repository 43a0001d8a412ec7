/**
 * What `/schema` shows: the JSON schemas of OpenEnv's messages, and those of our metadata and tools.
 *
 * @module
 */

import type { Task } from "../env/task.ts";
import { toolsOf } from "./tools.ts";
import { CALL_TOOL, jsonSchema, MESSAGE_ACTION, RESET } from "./wire.ts";

const TEXT = { type: "string" };
const NUMBER = { type: "number" };
const NUMBERS = { type: "array", items: NUMBER };
const MESSAGES = {
  type: "array",
  description: "What the conversation goes on with; empty at the end.",
  items: {
    type: "object",
    properties: { role: { enum: ["system", "user", "tool"] }, content: TEXT },
    required: ["role", "content"],
  },
};

/** The schemas; the action's own is the message alone, which clients without tools send as it is. */
export function openEnvSchemas(task: Task): Record<string, unknown> {
  const tools = toolsOf(task);
  return {
    action: jsonSchema(MESSAGE_ACTION),
    observation: {
      title: "FinestepObservation",
      type: "object",
      description: "`messages` after a message, the rest after a call_tool action.",
      properties: {
        messages: MESSAGES,
        tool_name: TEXT,
        result: { ...TEXT, description: "What the model is to be shown." },
        error: { description: "Why the call was none of the task's; null where it was one." },
      },
    },
    reset_observation: {
      title: "FinestepResetObservation",
      type: "object",
      properties: { messages: MESSAGES },
      required: ["messages"],
    },
    state: STATE,
    reset: jsonSchema(RESET),
    tool_action: jsonSchema(CALL_TOOL),
    tools,
    metadata: METADATA,
  };
}

const EPISODE_METADATA = {
  title: "EpisodeMetadata",
  type: "object",
  description: "At the end; lists have an entry for each step.",
  properties: {
    stop_reason: TEXT,
    outcome: NUMBER,
    is_correct: { type: "boolean" },
    step_rewards: {
      type: "object",
      properties: { process: NUMBERS, hard: NUMBERS, recall: NUMBERS },
    },
    step_values: NUMBERS,
    redundancy: { type: "array", items: { type: ["string", "null"] } },
    group: {
      type: "object",
      properties: {
        id: TEXT,
        size: { type: "integer" },
        finished: { type: "integer" },
        episodes: {
          type: ["array", "null"],
          items: { type: "object", properties: { episode_id: TEXT, advantages: NUMBERS } },
        },
      },
    },
  },
};

const METADATA = {
  title: "StepMetadata",
  type: "object",
  description:
    "Beside the observation of a step. It follows from the gold result: not for the model.",
  properties: {
    turn: { type: "integer" },
    turns_left: { type: "integer" },
    action: { enum: ["tool_call", "answer", "violation"] },
    violation: { type: ["string", "null"] },
    result: { type: ["string", "null"] },
    step_rewards: { type: "object", properties: { process: NUMBER, hard: NUMBER, recall: NUMBER } },
    redundancy: { type: ["string", "null"] },
    episode: EPISODE_METADATA,
  },
};

const STATE = {
  title: "FinestepState",
  type: "object",
  properties: {
    episode_id: { type: ["string", "null"] },
    step_count: { type: "integer" },
    split: TEXT,
    example_id: TEXT,
    seed: { type: "integer" },
    done: { type: "boolean" },
    result: { ...EPISODE_METADATA, type: ["object", "null"] },
  },
  required: ["episode_id", "step_count"],
};
