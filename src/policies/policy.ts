/**
 * A policy samples actions. Embedded policies record tokens and logprobs as they sample them;
 * remote and scripted ones give text only.
 *
 * @module
 */

import type { Message, Tokens } from "../trajectory/episode.ts";

/** How actions are sampled. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Longest assistant message, in tokens. */
  readonly maxTurnTokens: number;
}

/** What a policy said in one turn. */
export interface Turn {
  readonly text: string;
  /**
   * `stop`: the message is complete; `length`: cut at `maxTurnTokens`;
   * `context`: the context is full and the episode cannot go on; `nothing`: a script has come to its end.
   */
  readonly finish: "stop" | "length" | "context" | "nothing";
}

/** One episode's dialogue with a policy. Calls are made one at a time, in order. */
export interface Conversation {
  /** Samples the next assistant message. */
  act(): Promise<Turn>;
  /** Adds a tool result to the context. */
  observe(observation: string): void;
  /** Ends the conversation, frees what it held, and gives its tokens (null for a text policy). */
  close(): Tokens | null;
}

/** A source of actions. Conversations may run side by side. */
export interface Policy {
  readonly name: string;
  /** Begins an episode. The same seed and prompt give the same actions. */
  start(prompt: readonly Message[], context: { exampleId: string; seed: number }): Conversation;
}
