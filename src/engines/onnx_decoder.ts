/**
 * Generation on ONNX Runtime: the caches of keys and values are ours and are read in place; only
 * new tokens' keys and values come out of a run and are stored. A prompt is cached once for all slots
 * that were forked from it.
 *
 * @module
 */

import type { Decoder, SlotToken } from "../models/decoder.ts";
import { promptNames } from "../models/extension.ts";
import { cachedNames, cacheNames, causalMask, HIDDEN_SCORE } from "../models/transformer.ts";
import { KeyValueCache, type LayerCache, type NewTokens, roundedUp } from "./key_value_cache.ts";
import type { ArrayFeeds, Network } from "./network.ts";

/** Decoding has a multiple of this many slots, so that matrix products always use the same kernels. */
const SLOT_MULTIPLE = 2;
/** Most tokens of a prompt, or of a result, that run at once: bounds the memory of their scores. */
const CHUNK = 512;

/** A part of contexts that is cached. */
interface CachedPart {
  /** Tokens that count, by entry. */
  readonly lengths: readonly number[];
  /** Tokens that the entries have room for. */
  readonly room: number;
  readonly layers: readonly LayerCache[];
}

/** New tokens of slots, and what they follow. */
interface Extension {
  /** Shape (slots * width,). */
  readonly ids: Int32Array;
  /** Index in its context of each slot's first new token. */
  readonly begins: readonly number[];
  readonly width: number;
  readonly own: CachedPart;
  readonly prompts: CachedPart;
  /** The prompt of each slot. */
  readonly promptOf: readonly number[];
}

/** A decoder over the weights of `network`; it sees their changes. */
export class OnnxDecoder implements Decoder {
  readonly vocabSize: number;
  readonly maxLength: number;
  readonly #network: Network;
  readonly #prompts: KeyValueCache;
  /** The tokens of each prompt. */
  readonly #promptIds: (readonly number[])[] = [];
  /** What slots added to their prompts. */
  readonly #own: KeyValueCache;
  /** The prompt of each slot in use. */
  readonly #promptOf: number[] = [];

  constructor(network: Network) {
    const { config } = network;
    this.vocabSize = config.vocabSize;
    this.maxLength = config.maxLength;
    this.#network = network;
    this.#prompts = new KeyValueCache(config, 1);
    this.#own = new KeyValueCache(config, SLOT_MULTIPLE);
  }

  async prefill(ids: readonly number[]): Promise<Float32Array> {
    this.#prompts.fit(this.#prompts.lengths.length + 1, ids.length);
    const { of, length: known } = this.#longestBeginning(ids);
    const prompt = this.#prompts.add(0);
    this.#promptIds.push(ids);
    if (known > 0) this.#prompts.copy(of, prompt, known);
    const logits = await this.#inChunks(ids.slice(known), async (chunk, done) => {
      const at = known + done;
      const { logits, tokens } = await this.#ran(chunk, {
        begins: [at],
        width: chunk.length,
        own: this.#nothing(this.#network.minSize ?? 0),
        prompts: at === 0 ? this.#nothing(1) : this.#part(this.#prompts, prompt, [at]),
        promptOf: [0],
      });
      this.#prompts.store(prompt, at, tokens);
      return logits;
    });
    this.#promptOf.push(prompt);
    this.#begin();
    return logits;
  }

  /**
   * The prompt that begins as `ids` do for longest, and for how many whole chunks. Prompts of one
   * database begin with its schema. As chunks are those of any other run, so are the bits.
   */
  #longestBeginning(ids: readonly number[]): { readonly of: number; readonly length: number } {
    const best = { of: 0, length: 0 };
    this.#promptIds.forEach((known, of) => {
      let length = 0;
      // The last token has to run, for what comes after it.
      while (length < ids.length - 1 && known[length] === ids[length]) length++;
      length -= length % CHUNK;
      if (length > best.length) Object.assign(best, { of, length });
    });
    return best;
  }

  fork(slot: number, length: number): void {
    const own = length - this.#prompts.lengths[this.#promptOf[slot]];
    if (own < 0) {
      throw new RangeError(
        `Cannot fork ${length} tokens as a prompt is shared as a whole: it has ${length - own}`,
      );
    }
    this.#promptOf.push(this.#promptOf[slot]);
    const copy = this.#begin();
    if (own > 0) this.#own.copy(slot, copy, own);
  }

  async extend(slot: number, ids: readonly number[]): Promise<Float32Array> {
    const prompt = this.#promptOf[slot];
    const promptLength = this.#prompts.lengths[prompt];
    const before = this.#own.lengths[slot];
    this.#own.fit(this.#own.lengths.length, before + ids.length);
    return await this.#inChunks(ids, async (chunk, at) => {
      const { logits, tokens } = await this.#ran(chunk, {
        begins: [promptLength + before + at],
        width: chunk.length,
        own: this.#part(this.#own, slot, [before + at]),
        prompts: this.#part(this.#prompts, prompt, [promptLength]),
        promptOf: [0],
      });
      this.#own.store(slot, before + at, tokens);
      return logits;
    });
  }

  async decode(tokens: readonly (SlotToken | null)[]): Promise<Float32Array> {
    const slots = roundedUp(tokens.length, SLOT_MULTIPLE);
    const { lengths } = this.#own;
    this.#own.fit(lengths.length, Math.max(...lengths) + 1);
    const ids = Array.from({ length: slots }, (_, slot) => tokens[slot]?.token ?? 0);
    const { logits, tokens: stored } = await this.#ran(ids, {
      begins: Array.from({ length: slots }, (_, slot) => tokens[slot]?.position ?? 0),
      width: 1,
      own: this.#part(this.#own, 0, Array.from({ length: slots }, (_, slot) => lengths[slot] ?? 0)),
      prompts: this.#part(this.#prompts, 0, this.#prompts.lengths),
      promptOf: this.#promptOf,
    });
    tokens.forEach((token, slot) => {
      if (token) this.#own.store(slot, lengths[slot], stored, slot);
    });
    return logits.subarray(0, tokens.length * this.vocabSize);
  }

  free(slot: number): void {
    const prompt = this.#promptOf[slot];
    const last = this.#promptOf.pop()!;
    if (slot < this.#promptOf.length) this.#promptOf[slot] = last;
    this.#own.remove(slot);
    if (!this.#promptOf.includes(prompt)) this.#forget(prompt);
  }

  /** Ends a prompt; the last moves into its place. */
  #forget(prompt: number): void {
    this.#prompts.remove(prompt);
    const last = this.#promptIds.pop()!;
    if (prompt < this.#promptIds.length) this.#promptIds[prompt] = last;
    const moved = this.#prompts.lengths.length;
    this.#promptOf.forEach((of, slot) => {
      if (of === moved) this.#promptOf[slot] = prompt;
    });
  }

  /** Begins a slot's own part. */
  #begin(): number {
    this.#own.fit(this.#own.lengths.length + 1, 0);
    return this.#own.add(0);
  }

  /** Runs tokens some at a time; the logits after the last. */
  async #inChunks(
    ids: readonly number[],
    run: (chunk: readonly number[], at: number) => Promise<Float32Array>,
  ): Promise<Float32Array> {
    let at = 0;
    for (; at + CHUNK < ids.length; at += CHUNK) await run(ids.slice(at, at + CHUNK), at);
    return await run(ids.slice(at), at);
  }

  #part(cache: KeyValueCache, first: number, lengths: readonly number[]): CachedPart {
    return { lengths, room: cache.tokenRoom, layers: cache.entries(first, lengths.length) };
  }

  /** A part without tokens, in `room` places. */
  #nothing(room: number): CachedPart {
    const { layerCount, keyValueHeadCount, headSize } = this.#network.config;
    const none = new Float32Array(keyValueHeadCount * headSize * room);
    const layers = Array.from({ length: layerCount }, () => ({ keys: none, values: none }));
    return { lengths: [0], room, layers };
  }

  async #ran(
    ids: readonly number[],
    extension: Omit<Extension, "ids">,
  ): Promise<{ logits: Float32Array; tokens: NewTokens }> {
    const { own, prompts, promptOf, width } = extension;
    const slots = extension.begins.length;
    const { headCount, keyValueHeadCount } = this.#network.config;
    const seating = seated(promptOf, {
      prompts: prompts.lengths.length,
      slots,
      // One row alone would be multiplied by another kernel than several.
      atLeast: headCount === keyValueHeadCount && width === 1 ? 2 : 1,
    });
    const sizes = {
      ...{ slots, width, rows: slots, seats: seating.seatCount },
      ...{ own: own.room, own_and_new: own.room + width },
      ...{ prompts: prompts.lengths.length, shared: prompts.room },
    };
    const { logits, ...outputs } = await this.#network.run("extension", sizes, {
      ids: Int32Array.from(ids),
      positions: Int32Array.from({ length: slots }, (_, slot) => (slot + 1) * width - 1),
      ...this.#rotationFeeds(extension.begins, width),
      mask: this.#mask(width),
      own_bias: bias(own),
      ...cacheFeeds(own, cachedNames),
      shared_bias: bias(prompts),
      ...cacheFeeds(prompts, promptNames),
      ...{ seats: seating.seats, places: seating.places },
    });
    const layers = own.layers.map((_, layer) => {
      const names = cacheNames(layer);
      return { keys: outputs[names.keys], values: outputs[names.values] };
    });
    return { logits, tokens: { layers, width } };
  }

  /** Of `width` positions from each of `begins`. */
  #rotationFeeds(begins: readonly number[], width: number): ArrayFeeds {
    const { headSize } = this.#network.config;
    const { rotary } = this.#network;
    const cosine = new Float32Array(begins.length * width * headSize);
    const sine = new Float32Array(begins.length * width * headSize);
    begins.forEach((begin, slot) => {
      const from = [begin * headSize, (begin + width) * headSize] as const;
      cosine.set(rotary.cosine.subarray(...from), slot * width * headSize);
      sine.set(rotary.sine.subarray(...from), slot * width * headSize);
    });
    return { cosine, sine };
  }

  /** Hides each new token's future, once for each query head of a key head. */
  #mask(width: number): Float32Array {
    const { headCount, keyValueHeadCount } = this.#network.config;
    const once = causalMask(width);
    const mask = new Float32Array(once.length * headCount / keyValueHeadCount);
    for (let at = 0; at < mask.length; at += once.length) mask.set(once, at);
    return mask;
  }
}

/** 0 where an entry has a token, `HIDDEN_SCORE` in the room behind; shape (entries, room). */
function bias({ lengths, room }: CachedPart): Float32Array {
  const result = new Float32Array(lengths.length * room).fill(HIDDEN_SCORE);
  lengths.forEach((length, entry) => result.fill(0, entry * room, entry * room + length));
  return result;
}

function cacheFeeds({ layers }: CachedPart, namesOf: typeof cachedNames): ArrayFeeds {
  return Object.fromEntries(layers.flatMap(({ keys, values }, layer) => {
    const names = namesOf(layer);
    return [[names.keys, keys], [names.values, values]];
  }));
}

/** Which slots are on each prompt, and where each slot is among them. */
interface Seating {
  /** Seats of each prompt. */
  readonly seatCount: number;
  /** Shape (prompts * seatCount,). */
  readonly seats: Int32Array;
  /** Shape (slots,). */
  readonly places: Int32Array;
}

/** Seats the slots on their prompts; those beyond `promptOf`, which are not in use, look at any. */
function seated(
  promptOf: readonly number[],
  { prompts, slots, atLeast }: {
    readonly prompts: number;
    readonly slots: number;
    readonly atLeast: number;
  },
): Seating {
  const members: number[][] = Array.from({ length: prompts }, () => []);
  promptOf.forEach((prompt, slot) => members[prompt].push(slot));
  const seatCount = Math.max(atLeast, ...members.map(({ length }) => length));
  const seats = new Int32Array(prompts * seatCount);
  const places = new Int32Array(slots);
  members.forEach((slots, prompt) =>
    slots.forEach((slot, seat) => {
      places[slot] = prompt * seatCount + seat;
      seats[places[slot]] = slot;
    })
  );
  return { seatCount, seats, places };
}
