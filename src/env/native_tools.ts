/**
 * A task for models that are told of its tools, and call them, by other means than the prompt's text.
 *
 * @module
 */

import type { Task } from "./task.ts";

/** What {@linkcode protocolPrompt} says of tools and their calls, up to the form of an answer. */
const TOOLS_IN_TEXT = /^# Tools\n[^]*?^Option B, the final answer:$/m;

const TOOLS_ELSEWHERE = `\
# Output

Each turn is exactly one of these two options. Never mix them.

Option A, a call of one of your tools, with your thoughts before it.

Option B, the final answer, with nothing outside the tags:`;

/**
 * The task with prompts that leave tools to be described elsewhere. How answers are written stays, and so
 * does all that the task does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Example } from "../dataset/example.ts";
 * import { CALCULATOR } from "../tasks/calculator.ts";
 * import { withNativeTools } from "./native_tools.ts";
 *
 * const example = { question: "What is 1 + 2?" } as Example;
 * const [{ content }] = withNativeTools(CALCULATOR).prompt(example, "full");
 * assert.doesNotMatch(content, /tool_call/);
 * assert.match(content, /<answer>/);
 * ```
 */
export function withNativeTools(task: Task): Task {
  return {
    ...task,
    prompt: (example, template) =>
      task.prompt(example, template).map((message) => ({
        ...message,
        content: message.content.replace(TOOLS_IN_TEXT, TOOLS_ELSEWHERE),
      })),
  };
}
