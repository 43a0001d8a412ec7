/**
 * A tokenizer whose tokens are characters.
 *
 * @module
 */

import type { ChatTokens } from "../../../src/models/chat_tokens.ts";

/** Ids are characters; a NUL ends a turn. */
export const CHARACTERS: ChatTokens = {
  vocabSize: 128,
  endOfTurn: 0,
  endsTurn: new Set([0]),
  prompt: (messages) => idsOf(messages.map(({ content }) => content).join("\n")),
  observation: (text) => idsOf(`[${text}]`),
  encode: idsOf,
  decode: (ids) => String.fromCharCode(...Array.from(ids)),
};

/** The ids of a text. */
export function idsOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
