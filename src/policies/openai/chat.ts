/**
 * A conversation by chat messages.
 *
 * @module
 */

import type { Message, Tokens } from "../../trajectory/episode.ts";
import type { Conversation, Turn } from "../policy.ts";
import { TokenRecord } from "../token_record.ts";
import type { Endpoint, RequestBody } from "./endpoint.ts";
import { messageOf, toolCallsField } from "./native_tools.ts";
import type { Answer, SampledTokens } from "./wire.ts";

/** A message as the API has it. */
type ChatMessage = Readonly<Record<string, unknown>>;

/** What a conversation asks with. */
export interface ChatSetup {
  readonly endpoint: Endpoint;
  /** The fields of a turn's request beside the messages. */
  readonly fields: (turn: number) => RequestBody;
}

/**
 * Talks by messages; the server makes tokens of them. They are recorded where it gives them, as long as
 * each prompt goes on from what was sampled before: a chat template that changes what was said (one that
 * leaves out earlier thoughts, for instance) leaves an episode that cannot be trained on.
 */
export class ChatConversation implements Conversation {
  readonly #setup: ChatSetup;
  readonly #messages: ChatMessage[];
  /** Null once an answer's tokens are not known, or do not follow on those before. */
  #record: TokenRecord | null = new TokenRecord();
  #turn = 0;
  /** Of the last answer's calls; each wants a result. */
  #callIds: readonly string[] = [];

  constructor(prompt: readonly Message[], setup: ChatSetup) {
    this.#setup = setup;
    this.#messages = prompt.map(({ role, content }) => ({ role, content }));
  }

  async act(): Promise<Turn> {
    const { endpoint, fields } = this.#setup;
    const turn = this.#turn++;
    const body = { ...fields(turn), messages: [...this.#messages] };
    const answer = await endpoint.ask("chat/completions", body);
    if (answer.finish === "context") return { text: "", finish: "context" };
    this.#add(answer);
    if (!this.#records(answer.tokens, turn)) this.#record = null;
    return { text: messageOf(answer), finish: answer.finish };
  }

  observe(observation: string): void {
    const results = this.#callIds.map((id) => ({
      role: "tool",
      tool_call_id: id,
      content: observation,
    }));
    this.#messages.push(...results.length > 0 ? results : [userMessage(observation)]);
  }

  close(): Tokens | null {
    return this.#record && this.#record.ids.length > 0 ? this.#record.tokens() : null;
  }

  #add({ text, toolCalls }: Answer): void {
    this.#callIds = toolCalls.map(({ id }) => id);
    const calls = toolCalls.length > 0 ? { tool_calls: toolCallsField(toolCalls) } : {};
    this.#messages.push({ role: "assistant", content: text, ...calls });
  }

  /** Whether the tokens of an answer are known, with all that the model was shown before them. */
  #records(tokens: SampledTokens | null, turn: number): boolean {
    const record = this.#record;
    if (!record || !tokens?.promptIds) return false;
    const { promptIds, ids, logprobs } = tokens;
    if (!record.ids.every((id, t) => id === promptIds[t])) return false;
    record.given(promptIds.slice(record.ids.length));
    ids.forEach((id, n) => record.chosen(id, turn, logprobs[n]));
    return true;
  }
}

/**
 * A tool's result as the user's message, in Qwen's form, which its templates give to results of tools as
 * well. Servers refuse a tool's message that answers no call of theirs.
 */
function userMessage(observation: string): ChatMessage {
  return { role: "user", content: `<tool_response>\n${observation}\n</tool_response>` };
}
