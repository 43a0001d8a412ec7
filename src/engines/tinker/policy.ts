/**
 * A policy that samples on a Tinker server, by token ids: the prompt of each turn is made of the very
 * tokens that were sampled before.
 *
 * @module
 */

import { Rng } from "../../config/rng.ts";
import type { ChatTokens } from "../../models/chat_tokens.ts";
import { Limit } from "../../policies/openai/limit.ts";
import type { Conversation, Policy, Sampling, Turn } from "../../policies/policy.ts";
import { TokenRecord } from "../../policies/token_record.ts";
import type { Message, Tokens } from "../../trajectory/episode.ts";
import type { Sampler } from "./remote_model.ts";

/** What a policy on a server is made of. */
export interface TinkerPolicyOptions {
  readonly name: string;
  readonly chat: ChatTokens;
  readonly sampling: Sampling;
  /** Longest context, in tokens. */
  readonly maxLength: number;
  /** Requests under way at a time. */
  readonly concurrency: number;
  /** The weights as they are now. */
  readonly sampler: () => Promise<Sampler>;
}

/** Samples on a server. Each turn has a seed of its own, so what is said does not depend on others. */
export class TinkerPolicy implements Policy {
  readonly name: string;
  readonly #options: TinkerPolicyOptions;
  readonly #limit: Limit;

  constructor(options: TinkerPolicyOptions) {
    this.name = options.name;
    this.#options = options;
    this.#limit = new Limit(options.concurrency);
  }

  start(prompt: readonly Message[], { seed }: { readonly seed: number }): Conversation {
    return new TinkerConversation(
      this.#options.chat.prompt(prompt),
      seed,
      this.#options,
      this.#limit,
    );
  }
}

class TinkerConversation implements Conversation {
  readonly #record = new TokenRecord();
  readonly #seed: number;
  readonly #options: TinkerPolicyOptions;
  readonly #limit: Limit;
  #step = -1;
  #isFull: boolean;

  constructor(
    prompt: readonly number[],
    seed: number,
    options: TinkerPolicyOptions,
    limit: Limit,
  ) {
    this.#record.given(prompt);
    this.#seed = seed;
    this.#options = options;
    this.#limit = limit;
    this.#isFull = prompt.length >= options.maxLength;
  }

  async act(): Promise<Turn> {
    if (this.#isFull) return { text: "", finish: "context" };
    const { chat, sampling, maxLength, sampler } = this.#options;
    const { ids } = this.#record;
    const step = ++this.#step;
    const room = maxLength - ids.length;
    const { tokens, logprobs } = await this.#limit.run(async () =>
      await (await sampler()).sample({
        prompt: ids,
        maxTokens: Math.min(sampling.maxTurnTokens, room),
        temperature: sampling.temperature,
        // Servers take 31 bits.
        seed: new Rng(this.#seed, "tinker", step).bits() >>> 1,
        stopTokens: [...chat.endsTurn],
      })
    );
    tokens.forEach((token, n) => this.#record.chosen(token, step, logprobs[n]));
    this.#isFull = ids.length >= maxLength;
    const isEnded = tokens.length > 0 && chat.endsTurn.has(tokens.at(-1)!);
    const finish = isEnded ? "stop" : this.#isFull ? "context" : "length";
    // A message that the policy did not end is ended as the chat's format wants it.
    if (finish === "length") this.#record.given([chat.endOfTurn], step);
    return { text: chat.decode(isEnded ? tokens.slice(0, -1) : tokens), finish };
  }

  /** A result that leaves no room for an answer ends the conversation and is not recorded. */
  observe(observation: string): void {
    const ids = this.#options.chat.observation(observation);
    this.#isFull ||= this.#record.ids.length + ids.length >= this.#options.maxLength;
    if (!this.#isFull) this.#record.given(ids);
  }

  close(): Tokens {
    return this.#record.tokens();
  }
}
