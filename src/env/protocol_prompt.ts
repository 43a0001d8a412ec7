/**
 * The part of a prompt that says what a message may say.
 *
 * @module
 */

import { actionText } from "./parse.ts";
import { spacedJson } from "./spaced_json.ts";
import type { Protocol } from "./task.ts";
import type { Arguments, ToolDescription } from "./tool.ts";

/**
 * The tools and the two output modes, in Markdown.
 *
 * @example A call is shown as it is to be written
 * ```ts
 * import assert from "node:assert/strict";
 * import { SQL_PROTOCOL } from "../tasks/sql_prompt.ts";
 * import { protocolPrompt } from "./protocol_prompt.ts";
 *
 * const text = protocolPrompt(SQL_PROTOCOL, { call: { sql: "SELECT 1" }, answer: "SELECT 2" });
 * assert.match(text, /{"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}/);
 * ```
 *
 * @param example Arguments of a call of the first tool, and an answer, for the modes to show.
 */
export function protocolPrompt(
  { tools, answerLanguage }: Protocol,
  example: { readonly call: Arguments; readonly answer: string },
): string {
  const reasoning = "your thoughts";
  const { call, answer } = example;
  return `\
# Tools

<tools>
${tools.map(functionJson).join("\n")}
</tools>

# Output

Each turn is exactly one of these two options. Never mix them, and write nothing outside the tags.

Option A, a tool call:
${
    actionText({
      ...{ kind: "toolCall", reasoning, tool: tools[0].name },
      ...{ arguments: call, sql: tools[0].query(call) },
    }, answerLanguage)
  }

Option B, the final answer:
${actionText({ kind: "answer", reasoning, sql: answer }, answerLanguage)}`;
}

function functionJson({ name, description, parameters }: ToolDescription): string {
  return spacedJson({ type: "function", function: { name, description, parameters } });
}
