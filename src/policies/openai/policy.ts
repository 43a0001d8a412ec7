/**
 * A policy whose model is served by an OpenAI-compatible endpoint: vLLM, SGLang, llama.cpp, or a hosted
 * one (docs/endpoints.md).
 *
 * @module
 */

import { Rng } from "../../config/rng.ts";
import type { ChatTokens } from "../../models/chat_tokens.ts";
import type { Message } from "../../trajectory/episode.ts";
import type { Conversation, Policy } from "../policy.ts";
import { ChatConversation } from "./chat.ts";
import { CompletionsConversation } from "./completions.ts";
import type { Endpoint, RequestBody } from "./endpoint.ts";
import { type FunctionTool, toolsField } from "./native_tools.ts";

/** How the endpoint's model acts. */
export interface OpenAiPolicyOptions {
  readonly endpoint: Endpoint;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Longest assistant message. */
  readonly maxTokens: number;
  /** Texts at which the server ends a message. */
  readonly stop?: readonly string[];
  /** Tools that are called by the API's own means; none where calls stand in the text. */
  readonly tools?: readonly FunctionTool[];
  /** Tokenizer of the model, by which it is asked with token ids; without it, by chat messages. */
  readonly chat?: ChatTokens;
  /** Whether token ids and logprobs are asked for. */
  readonly asksTokens?: boolean;
}

/** Samples from a served model. Requests fail with an `EndpointError`, which ends an evaluation. */
export class OpenAiPolicy implements Policy {
  readonly name: string;
  readonly #options: OpenAiPolicyOptions;

  constructor(options: OpenAiPolicyOptions) {
    this.name = options.endpoint.model;
    this.#options = options;
  }

  start(prompt: readonly Message[], { seed }: { readonly seed: number }): Conversation {
    const { endpoint, chat } = this.#options;
    const fields = (turn: number) => this.#fields(seed, turn);
    return chat
      ? new CompletionsConversation(prompt, { endpoint, chat, fields })
      : new ChatConversation(prompt, { endpoint, fields });
  }

  /** All of a request but what is answered. */
  #fields(seed: number, turn: number): RequestBody {
    const { endpoint, temperature, maxTokens, stop = [], tools = [], chat } = this.#options;
    const { asksTokens = true } = this.#options;
    return {
      model: endpoint.model,
      temperature,
      max_tokens: maxTokens,
      ...temperature > 0 ? sampledFields(seed, turn) : {},
      ...stop.length > 0 ? { stop } : {},
      ...tools.length > 0 ? { tools: toolsField(tools), parallel_tool_calls: false } : {},
      ...asksTokens ? { return_token_ids: true, ...logprobFields(chat !== undefined) } : {},
    };
  }
}

/** Sampling from the model's own distribution, which servers else cut down by defaults of theirs. */
function sampledFields(seed: number, turn: number): RequestBody {
  // llama.cpp takes the largest number of 32 bits for "at random"; 31 bits are a seed everywhere.
  const bits = new Rng(seed, "request", turn).bits() >>> 1;
  return { seed: bits, top_p: 1, top_k: -1, min_p: 0 };
}

/** Logprobs of the tokens; of others as few as can be asked for, as llama.cpp else gives 20. */
function logprobFields(isCompletion: boolean): RequestBody {
  return isCompletion ? { logprobs: 1 } : { logprobs: true, top_logprobs: 1 };
}
