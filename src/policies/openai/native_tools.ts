/**
 * Tool calls by the API's own means, as the messages that the environment reads: what a model says is
 * one text there, however it was sent.
 *
 * @module
 */

import type { Answer, ToolCall } from "./wire.ts";

/** A tool as the model is told of it. */
export interface FunctionTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The tools as a request has them. */
export function toolsField(tools: readonly FunctionTool[]): readonly unknown[] {
  return tools.map(({ name, description, parameters }) => ({
    type: "function",
    function: { name, description, parameters },
  }));
}

/** Tool calls as the history of a chat has them. */
export function toolCallsField(calls: readonly ToolCall[]): readonly unknown[] {
  return calls.map(({ id, name, arguments: text }) => ({
    id,
    type: "function",
    function: { name, arguments: text },
  }));
}

/**
 * The message that an answer stands for: its text is the reasoning, then each call is a block of its
 * own. Nothing is mended: arguments that are not JSON stay so, and two calls are two blocks, so that the
 * environment refuses them as it would in text. An answer without calls is its text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { messageOf } from "./native_tools.ts";
 *
 * const call = { id: "a", name: "execute_sql", arguments: '{"sql": "SELECT 1"}' };
 * assert.equal(
 *   messageOf({ text: "Look.", toolCalls: [call] }),
 *   '<reasoning>Look.</reasoning>\n<tool_call>\n{"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}\n</tool_call>',
 * );
 * ```
 */
export function messageOf({ text, toolCalls }: Pick<Answer, "text" | "toolCalls">): string {
  if (toolCalls.length === 0) return text;
  const isTagged = /^\s*<reasoning>[^]*<\/reasoning>\s*$/.test(text);
  const reasoning = isTagged ? text.trim() : `<reasoning>${text.trim()}</reasoning>`;
  return [reasoning, ...toolCalls.map(callBlock)].join("\n");
}

function callBlock({ name, arguments: text }: ToolCall): string {
  const call = `{"name": ${JSON.stringify(name)}, "arguments": ${text.trim() || "{}"}}`;
  // SQL may hold what the environment takes for a tag; in JSON it can be escaped.
  return `<tool_call>\n${
    call.replace(/<(?=\/?(?:reasoning|tool_call|answer)>)/g, "\\u003c")
  }\n</tool_call>`;
}
