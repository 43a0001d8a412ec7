/**
 * Question and evidence of an episode, read back from its prompt: a stored episode has no other.
 *
 * @module
 */

import type { Message } from "../../trajectory/episode.ts";

/** What was asked. */
export interface Asked {
  readonly question: string;
  /** Empty where none was given. */
  readonly evidence: string;
}

/**
 * What the last message of the user asks, by the two templates of `src/tasks/sql_prompt.ts`. In the full
 * one evidence stands before the question and has no mark of its own, so the last line is taken for
 * the question. A prompt of another form is taken for the question as a whole.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { askedIn } from "./asked.ts";
 *
 * const content = "club(club_id INTEGER PK)\nevidence: old is before 1950\nquestion: How many old clubs?";
 * assert.deepEqual(askedIn([{ role: "user", content }]), {
 *   question: "How many old clubs?",
 *   evidence: "old is before 1950",
 * });
 * ```
 */
export function askedIn(prompt: readonly Message[]): Asked {
  const content = prompt.findLast(({ role }) => role === "user")?.content ?? "";
  return compactAsked(content) ?? fullAsked(content) ?? { question: content, evidence: "" };
}

function compactAsked(content: string): Asked | null {
  const [, evidence = "", question] = /^(?:evidence: ([^]*?)\n)?question: ([^]*)$/m.exec(content) ??
    [];
  return question === undefined ? null : { question, evidence };
}

function fullAsked(content: string): Asked | null {
  const mark = "\nQuestion:\n";
  const start = content.lastIndexOf(mark);
  if (start < 0) return null;
  const text = content.slice(start + mark.length);
  const line = text.lastIndexOf("\n");
  return { question: text.slice(line + 1), evidence: text.slice(0, Math.max(0, line)) };
}
