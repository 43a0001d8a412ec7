/**
 * What an embedded policy needs from a tokenizer and a chat template.
 *
 * @module
 */

import type { Message } from "../trajectory/episode.ts";

/** Texts to token ids, with the chat's own markers in place. */
export interface ChatTokens {
  readonly vocabSize: number;
  /** The token that the chat's format ends an assistant message with. */
  readonly endOfTurn: number;
  /** The tokens that end an assistant message when the policy chooses one; `endOfTurn` is among them. */
  readonly endsTurn: ReadonlySet<number>;
  /** Ids of a prompt, up to where the assistant begins to speak. */
  prompt(messages: readonly Message[]): number[];
  /** Ids that follow an ended assistant message: the tool result, and the assistant's turn opened again. */
  observation(text: string): number[];
  /** Ids of an assistant message without `endOfTurn`; for demonstrations. */
  encode(text: string): number[];
  /** Text of an assistant message's ids, the token that ended it not among them. */
  decode(ids: ArrayLike<number>): string;
}
