/**
 * A policy that repeats known answers, so that a prediction file is scored on the same path as a
 * model.
 *
 * @module
 */

import type { Message } from "../trajectory/episode.ts";
import type { Conversation, Policy } from "./policy.ts";
import { ScriptedPolicy } from "./scripted.ts";

/**
 * Answers each example at once with its known SQL; without one there is `nothing` to say. SQL that
 * holds a fence or one of the format's tags makes no
 * answer, and so counts as wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ReplayPolicy } from "./replay.ts";
 *
 * const policy = new ReplayPolicy(new Map([["7", "SELECT 1"]]));
 * const known = policy.start([], { exampleId: "7", seed: 0 });
 * const unknown = policy.start([], { exampleId: "8", seed: 0 });
 * assert.match((await known.act()).text, /SELECT 1/);
 * assert.equal((await unknown.act()).finish, "nothing");
 * ```
 */
export class ReplayPolicy implements Policy {
  readonly name: string;
  readonly #answers: ReadonlyMap<string, string>;

  /** @param answers SQL by example id. */
  constructor(answers: ReadonlyMap<string, string>, name = "replay") {
    this.name = name;
    this.#answers = answers;
  }

  start(
    prompt: readonly Message[],
    context: { readonly exampleId: string; readonly seed: number },
  ): Conversation {
    const sql = this.#answers.get(context.exampleId);
    const script = sql === undefined ? [] : [answerMessage(sql)];
    return new ScriptedPolicy(script, this.name).start(prompt, context);
  }
}

/** The answer in the format that the environment reads. */
function answerMessage(sql: string): string {
  // The format has no empty answer, but BIRD runs one and gets no rows; a comment gives the same.
  const block = sql.trim() === "" ? "--" : sql;
  return `<reasoning></reasoning>\n<answer>\n\`\`\`sql\n${block}\n\`\`\`\n</answer>`;
}
