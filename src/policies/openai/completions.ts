/**
 * A conversation by token ids: this program makes the prompt of each turn from the very tokens that were
 * sampled before, so that what is trained on is what was said.
 *
 * @module
 */

import type { ChatTokens } from "../../models/chat_tokens.ts";
import type { Message, Tokens } from "../../trajectory/episode.ts";
import type { Conversation, Turn } from "../policy.ts";
import { TokenRecord } from "../token_record.ts";
import type { Endpoint, RequestBody } from "./endpoint.ts";
import type { Answer } from "./wire.ts";

/** What a conversation asks with. */
export interface CompletionsSetup {
  readonly endpoint: Endpoint;
  /** The tokenizer and template of the served model. */
  readonly chat: ChatTokens;
  /** The fields of a turn's request beside the prompt. */
  readonly fields: (turn: number) => RequestBody;
}

/** Talks by tokens. Where the server gives text only, that text's tokens stand for what was sampled. */
export class CompletionsConversation implements Conversation {
  readonly #setup: CompletionsSetup;
  readonly #record = new TokenRecord();
  /** Whether all chosen tokens are the server's own. */
  #isExact = true;
  #turn = 0;

  constructor(prompt: readonly Message[], setup: CompletionsSetup) {
    this.#setup = setup;
    this.#record.given(setup.chat.prompt(prompt));
  }

  async act(): Promise<Turn> {
    const { endpoint, chat, fields } = this.#setup;
    const turn = this.#turn++;
    const answer = await endpoint.ask("completions", {
      ...fields(turn),
      prompt: [...this.#record.ids],
    });
    if (answer.finish === "context") return { text: "", finish: "context" };
    this.#add(answer, turn);
    if (!chat.endsTurn.has(this.#record.ids.at(-1)!)) this.#record.given([chat.endOfTurn], turn);
    return { text: answer.text, finish: answer.finish };
  }

  observe(observation: string): void {
    this.#record.given(this.#setup.chat.observation(observation));
  }

  close(): Tokens | null {
    return this.#isExact ? this.#record.tokens() : null;
  }

  #add({ text, tokens }: Answer, turn: number): void {
    this.#isExact &&= tokens !== null;
    if (tokens === null) this.#record.given(this.#setup.chat.encode(text), turn);
    tokens?.ids.forEach((id, n) => this.#record.chosen(id, turn, tokens.logprobs[n]));
  }
}
