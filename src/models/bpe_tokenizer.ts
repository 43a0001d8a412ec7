/**
 * A byte-level BPE tokenizer as Hugging Face's `tokenizer.json`.
 *
 * @module
 */

import type { TokenizerJson } from "./chat_template.ts";

/** Decodes bytes as GPT-2 wrote them, and splits nothing. */
export const BYTE_LEVEL = {
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: false,
};

/** What sets one such tokenizer apart. */
export interface BpeTokenizer {
  /** Tokens that are found before text is split; special ones are no text. */
  readonly added: readonly {
    readonly id: number;
    readonly content: string;
    readonly special: boolean;
  }[];
  /** What changes text first; null for nothing. */
  readonly normalizer?: unknown;
  /** What splits text into pieces within which is merged. */
  readonly preTokenizer: unknown;
  /** Ids by token. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs that are merged, the first ones first; the two parts of each between a space. */
  readonly merges: readonly string[];
  /** Whether a piece that is a token is taken as it is, though no merges lead to it. */
  readonly ignoresMerges?: boolean;
}

/** The parsed `tokenizer.json` (the layout of the tokenizers library, version 1.0). */
export function bpeTokenizerJson(
  { added, normalizer = null, preTokenizer, vocab, merges, ignoresMerges }: BpeTokenizer,
): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added.map(({ id, content, special }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special,
    })),
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: BYTE_LEVEL,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ...ignoresMerges && { ignore_merges: true },
      vocab,
      merges,
    },
  };
}
