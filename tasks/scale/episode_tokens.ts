/**
 * How long episodes on a data set are, in tokens of one tokenizer.
 *
 * @module
 */

import type { Example } from "../../src/dataset/example.ts";
import { actionText } from "../../src/env/parse.ts";
import { runEpisode } from "../../src/env/run_episode.ts";
import type { Task } from "../../src/env/task.ts";
import type { ChatTokens } from "../../src/models/chat_tokens.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";

/** Tokens of one question's messages, without reasoning. */
export interface MessageTokens {
  readonly prompt: number;
  /** A tool call with the gold SQL. */
  readonly call: number;
  /** What the gold SQL gives, as a policy is shown it, and the turn opened again. */
  readonly observation: number;
  /** An answer with the gold SQL. */
  readonly answer: number;
}

/** The message tokens of a question, from an episode that calls the gold SQL once and answers with it. */
export async function messageTokens(
  example: Example,
  task: Task,
  chat: ChatTokens,
): Promise<MessageTokens> {
  const sql = task.goldAnswer(example);
  const call = actionText({
    ...{ kind: "toolCall", reasoning: "", tool: task.tools[0].name, arguments: { sql }, sql },
  }, task.answerLanguage);
  const answer = actionText({ kind: "answer", reasoning: "", sql }, task.answerLanguage);
  const policy = new ScriptedPolicy([call, answer]);
  const { prompt, steps } = await runEpisode(example, policy, { task, seed: 1, template: "full" });
  // The token that ends a turn is the policy's as well.
  const said = (text: string) => chat.encode(text).length + 1;
  return {
    prompt: chat.prompt(prompt).length,
    call: said(call),
    observation: chat.observation(steps[0].observation!).length,
    answer: said(answer),
  };
}
