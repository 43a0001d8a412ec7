/**
 * The task for clients that call tools by their own protocol's means: the task's tools and one more,
 * which submits the answer. A call becomes the message that says the same, so that it is read,
 * limited and rewarded as in training.
 *
 * @module
 */

import type { Task } from "../env/task.ts";
import type { ToolDescription } from "../env/tool.ts";
import { messageOf } from "../policies/openai/native_tools.ts";
import type { Message } from "../trajectory/episode.ts";

/** What a client does in one step: a whole message of the model, or a call of a tool. */
export type ClientAction =
  | { readonly text: string }
  | {
    readonly tool: string;
    readonly arguments: Readonly<Record<string, unknown>>;
    /** The model's thoughts before the call; empty where the client keeps them. */
    readonly reasoning?: string;
  };

/** The tool that ends an episode. */
export const SUBMIT_ANSWER = "submit_answer";

/** What {@linkcode protocolPrompt} says of tools and of the form of calls and answers. */
const PROTOCOL_IN_TEXT = /^# Tools\n[^]*<\/answer>$/m;

const PROTOCOL_ELSEWHERE = `\
# Output

Each turn is exactly one call of one of your tools. Submit the final answer with ${SUBMIT_ANSWER}.`;

/** The tools of a task as a client is told of them; the last one submits the answer. */
export function toolsOf({ tools, answerLanguage }: Task): ToolDescription[] {
  return [
    ...tools.map(({ name, description, parameters }) => ({ name, description, parameters })),
    {
      name: SUBMIT_ANSWER,
      description: "Submits the final answer, which ends the episode.",
      parameters: {
        type: "object",
        properties: {
          answer: {
            type: "string",
            description: `The answer (${answerLanguage}), without a fence around it.`,
          },
        },
        required: ["answer"],
      },
    },
  ];
}

/** The task with prompts that leave tools and the form of calls to be described elsewhere. */
export function withoutProtocol(task: Task): Task {
  return {
    ...task,
    prompt: (example, template) => task.prompt(example, template).map(withoutProtocolText),
  };
}

function withoutProtocolText({ role, content }: Message): Message {
  return { role, content: content.replace(PROTOCOL_IN_TEXT, PROTOCOL_ELSEWHERE) };
}

/**
 * The message that an action stands for. Nothing is mended: arguments that do not fit are refused by the
 * environment, as they would be in text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { CALCULATOR } from "../tasks/calculator.ts";
 * import { messageText } from "./tools.ts";
 *
 * const text = messageText({ tool: "submit_answer", arguments: { answer: "3" } }, CALCULATOR);
 * assert.match(text, /^<reasoning><\/reasoning>\n<answer>\n.{3}number\n3\n.{3}\n<\/answer>$/);
 * ```
 */
export function messageText(action: ClientAction, task: Task): string {
  if ("text" in action) return action.text;
  const { tool, arguments: args, reasoning = "" } = action;
  if (tool === SUBMIT_ANSWER) {
    // As actionText() writes it, but for what that refuses: a client's answer may hold anything, and what
    // cannot be read is a violation.
    const answer = typeof args.answer === "string" ? args.answer : "";
    return `<reasoning>${reasoning.trim()}</reasoning>\n<answer>\n\`\`\`${task.answerLanguage}\n` +
      `${answer}\n\`\`\`\n</answer>`;
  }
  return messageOf({
    text: reasoning,
    toolCalls: [{ id: "", name: tool, arguments: JSON.stringify(args) }],
  });
}
