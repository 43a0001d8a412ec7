/**
 * Learns byte-level BPE merges from texts (Sennrich et al. 2016), and writes them as a Hugging Face
 * `tokenizer.json`.
 *
 * @module
 */

import { bpeTokenizerJson, BYTE_LEVEL } from "../../src/models/bpe_tokenizer.ts";

/** GPT-2's byte alphabet: every byte as one printable character. */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

function byteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from(
    { length: 256 },
    (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++),
  );
}

/** Splits as GPT-2 does, but digits come in twos, and SQL's aliases and names_with_lines stay whole. */
export const SQL_PIECE = String
  .raw` ?T[1-9]\.?| ?[\p{L}_]+|\p{N}{1,2}| ?[^\s\p{L}\p{N}_]+|\s+(?!\S)|\s+`;

/** How often each pre-tokenized piece occurs, in byte characters. */
function pieceCounts(texts: Iterable<string>, pieces: string): Map<string, number> {
  const counts = new Map<string, number>();
  const encoder = new TextEncoder();
  for (const text of texts) {
    for (const [piece] of text.matchAll(new RegExp(pieces, "gu"))) {
      const bytes = Array.from(encoder.encode(piece), (byte) => BYTE_CHARACTERS[byte]).join("");
      counts.set(bytes, (counts.get(bytes) ?? 0) + 1);
    }
  }
  return counts;
}

interface Word {
  symbols: string[];
  readonly count: number;
}

/** Counts adjacent pairs over all words. */
function pairCounts(words: readonly Word[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]} ${symbols[i + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  return counts;
}

/** The most frequent pair; among equals the first in string order, so that the result is unique. */
function mostFrequent(counts: Map<string, number>): string | null {
  let best: string | null = null;
  let bestCount = 1;
  for (const [pair, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== null && pair < best)) {
      best = pair;
      bestCount = count;
    }
  }
  return best;
}

function merged(symbols: string[], left: string, right: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(left + right);
      i++;
    } else {
      result.push(symbols[i]);
    }
  }
  return result;
}

/**
 * Learns merges, most frequent pair first, until `mergeCount` are found or no pair occurs twice.
 *
 * @param pieces Regular expression of what is split first; no merge goes across.
 * @example The most frequent pair is merged first
 * ```ts
 * import assert from "node:assert/strict";
 * import { learnMerges } from "./bpe.ts";
 *
 * assert.deepEqual(learnMerges(["aab aab aac"], 2), [["a", "a"], ["aa", "b"]]);
 * ```
 *
 * @param pieces Regular expression of the pieces that texts are split into; no merge goes across.
 */
export function learnMerges(
  texts: Iterable<string>,
  mergeCount: number,
  pieces = SQL_PIECE,
): [string, string][] {
  const words: Word[] = [...pieceCounts(texts, pieces)].map(([piece, count]) => ({
    symbols: [...piece],
    count,
  }));
  const merges: [string, string][] = [];
  while (merges.length < mergeCount) {
    const pair = mostFrequent(pairCounts(words));
    if (pair === null) break;
    const [left, right] = pair.split(" ");
    for (const word of words) {
      if (word.symbols.includes(left)) word.symbols = merged(word.symbols, left, right);
    }
    merges.push([left, right]);
  }
  return merges;
}

/**
 * A Hugging Face `tokenizer.json`: added tokens, then the 256 bytes, then one token a merge.
 *
 * @param special Added tokens that mark the chat; the other `added` ones are text of the protocol.
 * @param pieces As the merges were learned with.
 */
export function tokenizerJson(
  special: readonly string[],
  added: readonly string[],
  merges: readonly [string, string][],
  pieces = SQL_PIECE,
): Record<string, unknown> {
  const addedTokens = [...special, ...added];
  const tokens = [...addedTokens, ...BYTE_CHARACTERS, ...merges.map((pair) => pair.join(""))];
  return bpeTokenizerJson({
    added: addedTokens.map((content, id) => ({ id, content, special: id < special.length })),
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: pieces }, behavior: "Isolated", invert: false },
        BYTE_LEVEL,
      ],
    },
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: merges.map((pair) => pair.join(" ")),
  });
}
