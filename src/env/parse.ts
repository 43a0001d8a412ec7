/**
 * Reads an assistant message as an action, strictly, and writes an action as a message.
 *
 * A message is one reasoning block and then either one tool call or one answer, with nothing but
 * whitespace between and around them. The tags are reserved words: they stand nowhere else.
 *
 * @module
 */

import type { Action, Violation } from "../trajectory/episode.ts";
import { spacedJson } from "./spaced_json.ts";
import type { Protocol } from "./task.ts";
import type { Arguments, ToolForm } from "./tool.ts";

type Broken = Extract<Action, { kind: "violation" }>;

const TAG = "</?(?:reasoning|tool_call|answer)>";
// Inside JSON a tag can still be written, with its first character escaped.
const OPENS_TAG = new RegExp(`<(?=${TAG.slice(1)})`, "g");
const UNTAGGED = `((?:(?!${TAG})[^])*)`;
const MESSAGE = new RegExp(
  `^\\s*<reasoning>${UNTAGGED}</reasoning>\\s*<(tool_call|answer)>${UNTAGGED}</\\2>\\s*$`,
);
const FENCED = /^\s*```(\w+)[ \t]*\r?\n((?:(?!```)[^])*)```\s*$/;

/**
 * Reads an assistant message.
 *
 * @example A tool call
 * ```ts
 * import assert from "node:assert/strict";
 * import { SQL_PROTOCOL } from "../tasks/sql_prompt.ts";
 * import { parseAction } from "./parse.ts";
 *
 * const message = `<reasoning>Look.</reasoning>
 * <tool_call>
 * {"name": "execute_sql", "arguments": {"sql": "SELECT 1"}}
 * </tool_call>`;
 * const action = parseAction(message, SQL_PROTOCOL);
 * assert.equal(action.kind === "toolCall" && action.sql, "SELECT 1");
 * ```
 *
 * @param protocol The tools that may be called, and how an answer is fenced.
 * @returns What the message does, or how it breaks the format.
 */
export function parseAction(text: string, { tools, answerLanguage }: Protocol): Action {
  const match = MESSAGE.exec(text);
  if (match === null) return brokenLayout(text);
  const [, reasoning, tag, content] = match;
  return tag === "answer"
    ? parseAnswer(reasoning.trim(), content, answerLanguage)
    : parseToolCall(reasoning.trim(), content, tools);
}

function parseAnswer(reasoning: string, content: string, wanted: string): Action {
  const [, language, text] = FENCED.exec(content) ?? [];
  if (language !== wanted) {
    return violation("bad_answer", `<answer> must hold one \`\`\`${wanted} block and nothing else`);
  }
  const sql = text.trim();
  if (sql === "") return violation("bad_answer", `the \`\`\`${wanted} block is empty`);
  return { kind: "answer", reasoning, sql };
}

function parseToolCall(reasoning: string, content: string, tools: readonly ToolForm[]): Action {
  const call = parseJson(content);
  if (call === undefined) return violation("bad_json", "the tool call is not valid JSON");
  if (!isObject(call) || Object.keys(call).sort().join() !== "arguments,name") {
    return violation("bad_json", 'a tool call has exactly "name" and "arguments"');
  }
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) {
    return violation("unknown_tool", `the tools are: ${tools.map(({ name }) => name).join(", ")}`);
  }
  const refusal = refusedArguments(call.arguments, tool);
  if (refusal !== null) return violation("bad_arguments", refusal);
  const args = call.arguments as Arguments;
  return { kind: "toolCall", reasoning, tool: tool.name, arguments: args, sql: tool.query(args) };
}

/** Why a tool cannot be called with these arguments; null when it can. */
function refusedArguments(args: unknown, { name, parameters }: ToolForm): string | null {
  if (!isObject(args)) return '"arguments" must be an object';
  for (const argument of parameters.required) {
    if (!Object.hasOwn(args, argument)) return `${name} needs "${argument}"`;
  }
  for (const [argument, value] of Object.entries(args)) {
    if (!Object.hasOwn(parameters.properties, argument)) {
      return `${name} takes only ${Object.keys(parameters.properties).join(", ")}`;
    }
    if (typeof value !== "string") return `"${argument}" must be a text`;
    if (value.trim() === "") return `"${argument}" is empty`;
  }
  return null;
}

/** What is wrong with a message that is not laid out as {@linkcode MESSAGE}; the first rule that holds. */
function brokenLayout(text: string): Broken {
  const count = (tag: string) => text.split(tag).length - 1;
  const [reasonings, calls, answers] = ["<reasoning>", "<tool_call>", "<answer>"].map(count);
  const action = answers > 0 ? "answer" : "tool_call";
  const isFirst = text.indexOf("<reasoning>") < text.indexOf(`<${action}>`);
  const rules: readonly (readonly [boolean, Violation, string])[] = [
    [calls > 0 && answers > 0, "mixed_modes", "<tool_call> and <answer> exclude each other"],
    [calls + answers > 1, "several_actions", `there is more than one <${action}>`],
    [reasonings === 0, "no_reasoning", "there is no <reasoning> block"],
    [count("</reasoning>") === 0, "no_reasoning", "<reasoning> is not closed"],
    [calls + answers === 0, "no_action", "there is neither <tool_call> nor <answer>"],
    [count(`</${action}>`) === 0, "no_action", `<${action}> is not closed`],
    [!isFirst, "no_reasoning", `<reasoning> must come before <${action}>`],
    [reasonings > 1, "text_outside_tags", "there is more than one <reasoning> block"],
  ];
  const broken = rules.find(([holds]) => holds);
  return broken ? violation(broken[1], broken[2]) : violation(
    "text_outside_tags",
    `only <reasoning> and then <${action}> may stand in a message`,
  );
}

function violation(kind: Violation, detail: string): Broken {
  return { kind: "violation", violation: kind, detail };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Writes an action as the message that {@linkcode parseAction} reads as that action.
 *
 * @example An answer
 * ```ts
 * import assert from "node:assert/strict";
 * import { SQL_PROTOCOL } from "../tasks/sql_prompt.ts";
 * import { actionText, parseAction } from "./parse.ts";
 *
 * const action = { kind: "answer", reasoning: "One row.", sql: "SELECT 1" } as const;
 * assert.deepEqual(parseAction(actionText(action, "sql"), SQL_PROTOCOL), action);
 * ```
 *
 * @param answerLanguage Of the fenced block that an answer is.
 * @throws {RangeError} If no message says this: reasoning or an answer with a tag in it or blanks around
 * it, or an answer that is empty or holds a fence.
 */
export function actionText(
  action: Exclude<Action, { kind: "violation" }>,
  answerLanguage: string,
): string {
  checkWritable("reasoning", action.reasoning, new RegExp(TAG));
  const reasoning = `<reasoning>${action.reasoning}</reasoning>`;
  if (action.kind === "toolCall") {
    const call = spacedJson({ name: action.tool, arguments: action.arguments });
    return `${reasoning}\n<tool_call>\n${call.replace(OPENS_TAG, "\\u003c")}\n</tool_call>`;
  }
  checkWritable("answer", action.sql, new RegExp(`${TAG}|^$|\`\`\``));
  return `${reasoning}\n<answer>\n\`\`\`${answerLanguage}\n${action.sql}\n\`\`\`\n</answer>`;
}

function checkWritable(what: string, text: string, reserved: RegExp): void {
  if (text === text.trim() && !reserved.test(text)) return;
  throw new RangeError(
    `Cannot write ${what} as it must be free of tags, fences and blanks around it: "${text}"`,
  );
}
