/**
 * What a policy works on: how an example is put to it, which tools it has, and what an answer gives.
 * Episodes, rewards, credit and evaluation know a task by this interface alone (docs/tasks.md).
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { RewardOptions } from "../rewards/options.ts";
import type { SqlResult } from "../sandbox/result_set.ts";
import type { Message } from "../trajectory/episode.ts";
import type { Template } from "./options.ts";
import type { Tool, ToolForm } from "./tool.ts";

/** What a message may say. */
export interface Protocol {
  readonly tools: readonly ToolForm[];
  /** Of the fenced block that an answer is. */
  readonly answerLanguage: string;
}

/** A kind of work with tools. */
export interface Task extends Protocol {
  readonly name: string;
  readonly tools: readonly Tool[];
  /** When an answer is right, for the record of an evaluation. */
  readonly answerRule: string;
  /** Options of the rewards that differ from their defaults, such as those that have no meaning here. */
  readonly rewards: Partial<RewardOptions>;
  /** The messages that an episode begins with. */
  prompt(example: Example, template: Template): Message[];
  /** What the text of an answer gives. It is right if that equals the gold's (`isSameResult`). */
  answer(text: string, example: Example): Promise<SqlResult>;
  /** What the example's gold gives. */
  gold(example: Example): Promise<SqlResult>;
  /** The text of a right answer, which supervised learning demonstrates. */
  goldAnswer(example: Example): string;
}
