/**
 * A policy that samples from a network held in this process, many conversations side by side.
 *
 * Tokens are recorded as they are sampled. Each conversation draws from its own random stream, so
 * what is said does not depend on who else is talking.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { ChatTokens } from "../models/chat_tokens.ts";
import type { Decoder } from "../models/decoder.ts";
import { sampled } from "../models/sampling.ts";
import type { Message, Tokens } from "../trajectory/episode.ts";
import { ContinuousBatch, type Generation } from "./continuous_batch.ts";
import type { Conversation, Policy, Sampling, Turn } from "./policy.ts";
import { TokenRecord } from "./token_record.ts";

/** What an embedded policy is made of. */
export interface EmbeddedPolicyOptions {
  readonly name: string;
  readonly decoder: Decoder;
  readonly chat: ChatTokens;
  readonly sampling: Sampling;
  /** Most conversations that generate at once; more wait their turn, in the order they began. */
  readonly slots: number;
}

/**
 * Samples from a decoder.
 *
 * Conversations may run side by side in any order. One must be closed, or it keeps its slot.
 */
export class EmbeddedPolicy implements Policy {
  readonly name: string;
  readonly #options: EmbeddedPolicyOptions;
  readonly #batch: ContinuousBatch;

  constructor(options: EmbeddedPolicyOptions) {
    this.name = options.name;
    this.#options = options;
    this.#batch = new ContinuousBatch(options.decoder, options.slots);
  }

  start(prompt: readonly Message[], { seed }: { readonly seed: number }): Conversation {
    const ids = this.#options.chat.prompt(prompt);
    return new EmbeddedConversation(ids, new Rng(seed, "policy"), this.#options, this.#batch);
  }
}

const CONTEXT_IS_FULL: Turn = { text: "", finish: "context" };

class EmbeddedConversation implements Conversation, Generation {
  readonly #record = new TokenRecord();
  readonly #rng: Rng;
  readonly #options: EmbeddedPolicyOptions;
  readonly #batch: ContinuousBatch;
  #step = -1;
  /** Where the current assistant message begins. */
  #turnStart = 0;
  #finish: Turn["finish"] | null = null;
  #isFull: boolean;

  constructor(
    prompt: readonly number[],
    rng: Rng,
    options: EmbeddedPolicyOptions,
    batch: ContinuousBatch,
  ) {
    this.#record.given(prompt);
    this.#rng = rng;
    this.#options = options;
    this.#batch = batch;
    this.#isFull = prompt.length >= options.decoder.maxLength;
    batch.open(this);
  }

  get ids(): readonly number[] {
    return this.#record.ids;
  }

  async act(): Promise<Turn> {
    if (this.#isFull) return CONTEXT_IS_FULL;
    this.#step++;
    this.#turnStart = this.ids.length;
    this.#finish = null;
    await this.#batch.generate(this);
    return { text: this.#text(), finish: this.#finish ?? "context" };
  }

  /** Samples the next token; true when it ended the turn. */
  extend(logits: Float32Array): boolean {
    const { chat, sampling, decoder } = this.#options;
    const { temperature, maxTurnTokens } = sampling;
    const { token, logprob } = sampled(logits, { temperature, uniform: this.#rng.uniform() });
    this.#record.chosen(token, this.#step, logprob);
    if (chat.endsTurn.has(token)) this.#finish = "stop";
    else if (this.ids.length >= decoder.maxLength) this.#finish = "context";
    else if (this.ids.length - this.#turnStart >= maxTurnTokens) this.#cut();
    this.#isFull = this.ids.length >= decoder.maxLength;
    return this.#finish !== null;
  }

  /** Ends a message that the policy did not end, as the chat's format wants it. */
  #cut(): void {
    this.#finish = "length";
    this.#record.given([this.#options.chat.endOfTurn], this.#step);
  }

  /** A result that leaves no room for an answer ends the conversation and is not recorded. */
  observe(observation: string): void {
    const ids = this.#options.chat.observation(observation);
    this.#isFull ||= this.ids.length + ids.length >= this.#options.decoder.maxLength;
    if (!this.#isFull) this.#record.given(ids);
  }

  close(): Tokens {
    this.#batch.close(this);
    return this.#record.tokens();
  }

  #text(): string {
    const { chat } = this.#options;
    const ids = this.ids.slice(this.#turnStart);
    return chat.decode(chat.endsTurn.has(ids.at(-1)!) ? ids.slice(0, -1) : ids);
  }
}
