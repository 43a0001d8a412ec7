/**
 * Keys and values of many contexts in arrays that graphs read in place; all layers, side by side.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";

/** There is room for a multiple of this many tokens: short contexts are read sooner. */
const TOKEN_MULTIPLE = 128;

/** The sizes that a cache depends on. */
export type CacheShape = Pick<ModelConfig, "layerCount" | "keyValueHeadCount" | "headSize">;

/**
 * Of one layer: keys (entries, keyHeads, headSize, tokens), which lie transposed, and values
 * (entries, keyHeads, tokens, headSize).
 */
export interface LayerCache {
  keys: Float32Array;
  values: Float32Array;
}

/** New tokens of some entries: keys (entries, keyHeads, headSize, width), values (entries, keyHeads, width, headSize). */
export interface NewTokens {
  readonly layers: readonly Readonly<LayerCache>[];
  readonly width: number;
}

/** The least multiple that is not below a value. */
export function roundedUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Contexts numbered from 0 without gaps. */
export class KeyValueCache {
  readonly #shape: CacheShape;
  readonly #entryMultiple: number;
  /** Tokens in each entry. */
  readonly #lengths: number[] = [];
  readonly #layers: LayerCache[];
  #entryRoom = 0;
  #tokenRoom = 0;

  /** @param entryMultiple There is room for a multiple of this many entries. */
  constructor(shape: CacheShape, entryMultiple: number) {
    this.#shape = shape;
    this.#entryMultiple = entryMultiple;
    this.#layers = Array.from({ length: shape.layerCount }, () => ({
      keys: new Float32Array(0),
      values: new Float32Array(0),
    }));
  }

  /** Tokens in each entry. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** Tokens that each entry has room for. */
  get tokenRoom(): number {
    return this.#tokenRoom;
  }

  /** Makes room for `entries`, each of `tokens` and of what it has, or gives room back. */
  fit(entries: number, tokens: number): void {
    const longest = this.#lengths.reduce((most, own) => Math.max(most, own), tokens);
    const tokenRoom = roundedUp(longest, TOKEN_MULTIPLE);
    const entryRoom = roundedUp(entries, this.#entryMultiple);
    const isCrowded = entryRoom > this.#entryRoom;
    if (isCrowded || tokenRoom !== this.#tokenRoom) {
      this.#resize(
        isCrowded ? Math.max(entryRoom, 2 * this.#entryRoom) : this.#entryRoom,
        tokenRoom,
      );
    }
  }

  /** Begins an entry, in the room that there must be, with the tokens stored there; its number. */
  add(length: number): number {
    return this.#lengths.push(length) - 1;
  }

  /** Copies the first `length` tokens of an entry over those of another. */
  copy(from: number, to: number, length = this.#lengths[from]): void {
    const size = this.#rowSize * this.#tokenRoom;
    for (const { keys, values } of this.#layers) {
      keys.copyWithin(to * size, from * size, (from + 1) * size);
      values.copyWithin(to * size, from * size, (from + 1) * size);
    }
    this.#lengths[to] = length;
  }

  /** Ends an entry; the last moves into its place. */
  remove(entry: number): void {
    const last = this.#lengths.length - 1;
    if (entry !== last) this.copy(last, entry);
    this.#lengths.pop();
    if (last === 0) this.#resize(0, 0);
  }

  /**
   * Puts new tokens behind the first `length` of an entry.
   *
   * @param of Which entry of `tokens`.
   */
  store(entry: number, length: number, tokens: NewTokens, of = 0): void {
    const { headSize } = this.#shape;
    const { width } = tokens;
    const [rows, room] = [this.#rowSize, this.#tokenRoom];
    this.#layers.forEach((layer, index) => {
      const { keys, values } = tokens.layers[index];
      copyRows(keys, layer.keys, {
        ...{ count: rows, size: width },
        from: { at: of * rows * width, stride: width },
        to: { at: entry * rows * room + length, stride: room },
      });
      copyRows(values, layer.values, {
        ...{ count: rows / headSize, size: width * headSize },
        from: { at: of * rows * width, stride: width * headSize },
        to: { at: entry * rows * room + length * headSize, stride: room * headSize },
      });
    });
    if (entry < this.#lengths.length) this.#lengths[entry] = length + width;
  }

  /** Some entries of each layer, to be read. */
  entries(first: number, count: number): LayerCache[] {
    const size = this.#rowSize * this.#tokenRoom;
    const part = (array: Float32Array) => array.subarray(first * size, (first + count) * size);
    return this.#layers.map(({ keys, values }) => ({ keys: part(keys), values: part(values) }));
  }

  /** Keys (or values) of one token in one layer. */
  get #rowSize(): number {
    return this.#shape.keyValueHeadCount * this.#shape.headSize;
  }

  #resize(entryRoom: number, tokenRoom: number): void {
    const { headSize } = this.#shape;
    const rows = this.#lengths.length * this.#rowSize;
    const kept = Math.min(this.#tokenRoom, tokenRoom);
    for (const layer of this.#layers) {
      const before = { ...layer };
      layer.keys = new Float32Array(entryRoom * this.#rowSize * tokenRoom);
      layer.values = new Float32Array(entryRoom * this.#rowSize * tokenRoom);
      copyRows(before.keys, layer.keys, {
        ...{ count: rows, size: kept },
        from: { at: 0, stride: this.#tokenRoom },
        to: { at: 0, stride: tokenRoom },
      });
      copyRows(before.values, layer.values, {
        ...{ count: rows / headSize, size: kept * headSize },
        from: { at: 0, stride: this.#tokenRoom * headSize },
        to: { at: 0, stride: tokenRoom * headSize },
      });
    }
    this.#entryRoom = entryRoom;
    this.#tokenRoom = tokenRoom;
  }
}

/** Where rows lie in an array. */
interface Rows {
  readonly at: number;
  readonly stride: number;
}

/** Copies `count` rows of `size` elements. */
function copyRows(
  source: Float32Array,
  target: Float32Array,
  { count, size, from, to }: {
    readonly count: number;
    readonly size: number;
    readonly from: Rows;
    readonly to: Rows;
  },
): void {
  if (size === 1) {
    for (let row = 0; row < count; row++) {
      target[to.at + row * to.stride] = source[from.at + row * from.stride];
    }
    return;
  }
  for (let row = 0; row < count; row++) {
    const begin = from.at + row * from.stride;
    target.set(source.subarray(begin, begin + size), to.at + row * to.stride);
  }
}
