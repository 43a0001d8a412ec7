/**
 * The tokenizer in a GGUF file, as the two tokenizer files of a Hugging Face folder.
 *
 * GGUF names the rule by which text is split before its bytes are merged, and does not hold it; the
 * rules here are those of the tokenizers that the names stand for. Another name is refused, "default"
 * as well: what text it was trained on was split otherwise, and nothing would tell.
 *
 * @module
 */

import { type BpeTokenizer, bpeTokenizerJson, BYTE_LEVEL } from "./bpe_tokenizer.ts";
import type { TokenizerConfig, TokenizerJson } from "./chat_template.ts";
import type { GgufValue } from "./gguf.ts";

/** What is read of a GGUF file's tokenizer. */
export interface GgufTokenizer {
  readonly json: TokenizerJson;
  readonly config: TokenizerConfig;
  /** Ids that end a turn. */
  readonly endTokens: readonly number[];
}

/** Kinds of tokens by ggml's number. */
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

const GPT2_SPLIT = { ...BYTE_LEVEL, use_regex: true };

/** As tiktoken splits; the families differ in how many digits stand together. */
function splitWithDigits(digits: string) {
  const Regex =
    `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
  const split = { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false };
  return { type: "Sequence", pretokenizers: [split, BYTE_LEVEL] };
}

/** What comes before the merges, by the value of `tokenizer.ggml.pre`. */
const BEFORE_MERGES: Readonly<Record<string, Pick<BpeTokenizer, "preTokenizer" | "normalizer">>> = {
  "gpt-2": { preTokenizer: GPT2_SPLIT },
  smollm: {
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Digits", individual_digits: true }, GPT2_SPLIT],
    },
  },
  qwen2: { preTokenizer: splitWithDigits("\\p{N}"), normalizer: { type: "NFC" } },
  "llama-bpe": { preTokenizer: splitWithDigits("\\p{N}{1,3}") },
};

/**
 * Reads the tokenizer of a GGUF file's metadata.
 *
 * @throws {TypeError} If it is of another kind than byte-level BPE with a rule of splitting known
 * here, or lacks a chat template.
 */
export function ggufTokenizer(metadata: ReadonlyMap<string, GgufValue>): GgufTokenizer {
  const kind = metadata.get("tokenizer.ggml.model");
  if (kind !== "gpt2") {
    throw new TypeError(
      `Cannot read the tokenizer as "tokenizer.ggml.model" must be "gpt2" (byte-level BPE): it is ${
        JSON.stringify(kind)
      }`,
    );
  }
  const tokens = metadata.get("tokenizer.ggml.tokens") as readonly string[];
  const idOf = (role: string) => metadata.get(`tokenizer.ggml.${role}_token_id`);
  const textOf = (role: string) => tokens[Number(idOf(role))];
  const template = metadata.get("tokenizer.chat_template");
  if (typeof template !== "string") {
    throw new TypeError(
      'Cannot read the tokenizer as the file must hold "tokenizer.chat_template": it does not',
    );
  }
  return {
    json: tokenizerJson(metadata, tokens),
    config: {
      // For transformers, where such a model is saved as a folder.
      ...{ tokenizer_class: "PreTrainedTokenizerFast" },
      chat_template: template,
      ...textOf("bos") !== undefined && { bos_token: textOf("bos") },
      ...textOf("eos") !== undefined && { eos_token: textOf("eos") },
    },
    endTokens: ["eos", "eot", "eom"].map(idOf).filter((id) => id !== undefined).map(Number),
  };
}

function tokenizerJson(
  metadata: ReadonlyMap<string, GgufValue>,
  tokens: readonly string[],
): TokenizerJson {
  const pre = metadata.get("tokenizer.ggml.pre");
  const before = BEFORE_MERGES[String(pre)];
  if (!before) {
    throw new TypeError(
      `Cannot read the tokenizer as "tokenizer.ggml.pre" must be ${
        Object.keys(BEFORE_MERGES).join(", ")
      }: it is ${JSON.stringify(pre)}`,
    );
  }
  const kinds = (metadata.get("tokenizer.ggml.token_type") ?? []) as readonly number[];
  const all = tokens.map((content, id) => ({ id, content, kind: kinds[id] }));
  return bpeTokenizerJson({
    added: all
      .filter(({ kind }) => kind === CONTROL || kind === USER_DEFINED)
      .map(({ id, content, kind }) => ({ id, content, special: kind === CONTROL })),
    ...before,
    vocab: Object.fromEntries(
      all.filter(({ kind }) => kind !== UNUSED).map(({ content, id }) => [content, id]),
    ),
    merges: metadata.get("tokenizer.ggml.merges") as readonly string[],
    // Llama's merges do not lead to all of its tokens.
    ignoresMerges: pre === "llama-bpe",
  });
}
