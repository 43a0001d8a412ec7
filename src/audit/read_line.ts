/**
 * Reads a line of a file of trajectories, in either of its two forms.
 *
 * @module
 */

import { CHAT_LINE } from "./chat_line.ts";
import { type ChatOptions, chatTrace } from "./chat.ts";
import { EPISODE_LINE, episodeTrace } from "./episode_line.ts";
import type { Trace } from "./trace.ts";

/** An error; one of a form has the fields that are wrong. */
interface Failure extends Error {
  readonly issues?: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/**
 * The trajectory of a line: with `messages` it is one of OpenAI's chat messages, with `steps` an
 * episode in our own codec (src/trajectory/codec.ts).
 *
 * @example A line that is neither
 * ```ts
 * import assert from "node:assert/strict";
 * import { readLine } from "./read_line.ts";
 *
 * assert.throws(() => readLine('{"text": ""}', 3), {
 *   message: 'Cannot read line 3 as it must have "messages" or "steps": it has "text"',
 * });
 * ```
 *
 * @param line Its number, from 1.
 * @throws {SyntaxError} If the line is no trajectory, with its number, the rule and what was found.
 */
export function readLine(text: string, line: number, options: ChatOptions = {}): Trace {
  try {
    const value = parsedJson(text);
    if ("messages" in value) return chatTrace(CHAT_LINE.parse(value), line, options);
    if ("steps" in value) return episodeTrace(text, line, EPISODE_LINE.parse(value));
    const fields = Object.keys(value).map((name) => JSON.stringify(name)).join(", ");
    throw new SyntaxError(`it must have "messages" or "steps": it has ${fields || "no field"}`);
  } catch (error) {
    throw new SyntaxError(`Cannot read line ${line} as ${reasonOf(error as Failure)}`, {
      cause: error,
    });
  }
}

function parsedJson(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`it must be JSON: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new SyntaxError(`it must be a JSON object: it begins ${text.trim().slice(0, 20)}`);
}

/** What the forms, the codec and the readers say, without who says it. */
function reasonOf({ message, issues }: Failure): string {
  if (issues === undefined) return message.replace(/^Cannot read .*? as /, "");
  return `"${issues[0].path.join(".")}" is wrong: ${issues[0].message}`;
}
