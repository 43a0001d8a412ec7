/**
 * Chat messages for tests.
 *
 * @module
 */

import { CHAT_LINE } from "../../src/audit/chat_line.ts";
import { type ChatOptions, chatTrace } from "../../src/audit/chat.ts";
import type { Trace } from "../../src/audit/trace.ts";

export const ASKED = { role: "user", content: "How many items are there?" };

/** A message with calls of `run_sql`, or of what is given in its place. */
export function calls(...texts: (string | { name: string; arguments: unknown; id?: string })[]) {
  return {
    role: "assistant",
    content: null,
    tool_calls: texts.map((text) =>
      typeof text === "string"
        ? {
          type: "function",
          function: { name: "run_sql", arguments: JSON.stringify({ sql: text }) },
        }
        : {
          id: text.id,
          type: "function",
          function: { name: text.name, arguments: text.arguments },
        }
    ),
  };
}

export function reply(content: string, more: Record<string, unknown> = {}) {
  return { role: "tool", content, ...more };
}

export function says(content: string) {
  return { role: "assistant", content };
}

/** A query and its result in turns, then an answer. */
export function dialogue(...parts: readonly [sql: string, text: string][]) {
  return [ASKED, ...parts.flatMap(([sql, text]) => [calls(sql), reply(text)])];
}

/** The trajectory of messages, with other fields of the line. */
export function traceOf(
  messages: readonly unknown[],
  fields: Record<string, unknown> = {},
  options: ChatOptions = {},
): Trace {
  return chatTrace(CHAT_LINE.parse({ messages, ...fields }), 1, options);
}
