/**
 * Generation on ONNX Runtime: the caches of keys and values are ours and are read in place; only
 * each token's own keys and values come out of a run and are stored.
 *
 * @module
 */

import { cachedNames, cacheNames, HIDDEN_SCORE } from "../models/transformer.ts";
import type { Decoder, SlotToken } from "../models/decoder.ts";
import type { OnnxNetwork } from "./onnx_network.ts";

/** The caches hold a multiple of this many tokens a slot: short contexts are read sooner. */
const CACHE_MULTIPLE = 128;
/** Runs have a multiple of this many slots, so that matrix products always use the same kernels. */
const SLOT_MULTIPLE = 8;

/** Keys (slots, keyHeads * headSize, cached) and values (slots, keyHeads, cached, headSize). */
interface LayerCache {
  keys: Float32Array;
  values: Float32Array;
}

function roundedUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** A decoder over the weights of `network`; it sees their changes. */
export class OnnxDecoder implements Decoder {
  readonly vocabSize: number;
  readonly maxLength: number;
  readonly #network: OnnxNetwork;
  /** Tokens cached in each slot in use. */
  readonly #lengths: number[] = [];
  readonly #layers: LayerCache[];
  /** Slots that the caches have room for. */
  #slots = 0;
  /** Tokens of a slot that the caches have room for. */
  #cached = 0;

  constructor(network: OnnxNetwork) {
    const { vocabSize, maxLength, layerCount } = network.config;
    this.vocabSize = vocabSize;
    this.maxLength = maxLength;
    this.#network = network;
    this.#layers = Array.from({ length: layerCount }, () => ({
      keys: new Float32Array(0),
      values: new Float32Array(0),
    }));
  }

  async prefill(ids: readonly number[]): Promise<Float32Array> {
    const length = ids.length;
    const outputs = await this.#network.run("prefill", { batch: 1, length, rows: 1 }, {
      ids: Int32Array.from(ids),
      positions: Int32Array.of(length - 1),
      ...this.#network.contextFeeds(length),
    });
    const slot = this.#lengths.push(length) - 1;
    this.#fit(length);
    this.#storePrompt(slot, length, outputs);
    return outputs.logits;
  }

  fork(slot: number, length: number): void {
    const copy = this.#lengths.push(length) - 1;
    this.#fit(length);
    this.#copySlot(slot, copy);
  }

  async decode(tokens: readonly (SlotToken | null)[]): Promise<Float32Array> {
    this.#fit(Math.max(...tokens.map((token) => token ? token.position + 1 : 0)));
    const slots = roundedUp(tokens.length, SLOT_MULTIPLE);
    const outputs = await this.#network.run("decode", { slots, cached: this.#cached }, {
      ids: Int32Array.from({ length: slots }, (_, slot) => tokens[slot]?.token ?? 0),
      ...this.#positionFeeds(tokens, slots),
      ...this.#cacheFeeds(slots),
    });
    tokens.forEach((token, slot) => {
      if (token) this.#storeToken(slot, token.position, outputs);
    });
    return outputs.logits.subarray(0, tokens.length * this.vocabSize);
  }

  free(slot: number): void {
    const last = this.#lengths.length - 1;
    this.#copySlot(last, slot);
    this.#lengths[slot] = this.#lengths[last];
    this.#lengths.pop();
    if (last === 0) this.#resize(0, 0);
  }

  /** Keys (or values) of one token in one layer. */
  get #rowSize(): number {
    return this.#network.config.keyValueHeadCount * this.#network.config.headSize;
  }

  #copySlot(from: number, to: number): void {
    const size = this.#rowSize * this.#cached;
    for (const { keys, values } of this.#layers) {
      keys.copyWithin(to * size, from * size, (from + 1) * size);
      values.copyWithin(to * size, from * size, (from + 1) * size);
    }
  }

  /** Makes room for all slots in use, `length` tokens each, or gives room back. */
  #fit(length: number): void {
    const longest = this.#lengths.reduce((most, own) => Math.max(most, own), length);
    const cached = roundedUp(longest, CACHE_MULTIPLE);
    const slots = roundedUp(this.#lengths.length, SLOT_MULTIPLE);
    const isCrowded = slots > this.#slots;
    if (isCrowded || cached !== this.#cached) {
      this.#resize(isCrowded ? Math.max(slots, 2 * this.#slots) : this.#slots, cached);
    }
  }

  #resize(slots: number, cached: number): void {
    const { keyValueHeadCount, headSize } = this.#network.config;
    const kept = this.#lengths.length;
    const widths = { from: this.#cached, to: cached };
    for (const layer of this.#layers) {
      const size = slots * this.#rowSize * cached;
      layer.keys = rowsCopied(layer.keys, new Float32Array(size), kept * this.#rowSize, widths);
      layer.values = rowsCopied(layer.values, new Float32Array(size), kept * keyValueHeadCount, {
        from: widths.from * headSize,
        to: widths.to * headSize,
      });
    }
    this.#slots = slots;
    this.#cached = cached;
  }

  /** Positions and what each slot may look at; slots out of use see only their own token. */
  #positionFeeds(tokens: readonly (SlotToken | null)[], slots: number) {
    const { headSize } = this.#network.config;
    const cosine = new Float32Array(slots * headSize);
    const sine = new Float32Array(slots * headSize);
    const bias = new Float32Array(slots * this.#cached).fill(HIDDEN_SCORE);
    tokens.forEach((token, slot) => {
      if (!token) return;
      const at = token.position * headSize;
      cosine.set(this.#network.rotary.cosine.subarray(at, at + headSize), slot * headSize);
      sine.set(this.#network.rotary.sine.subarray(at, at + headSize), slot * headSize);
      bias.fill(0, slot * this.#cached, slot * this.#cached + token.position);
    });
    return { cosine, sine, bias };
  }

  #cacheFeeds(slots: number): Record<string, Float32Array> {
    const size = slots * this.#rowSize * this.#cached;
    return Object.fromEntries(this.#layers.flatMap(({ keys, values }, layer) => {
      const names = cachedNames(layer);
      return [[names.keys, keys.subarray(0, size)], [names.values, values.subarray(0, size)]];
    }));
  }

  #storePrompt(
    slot: number,
    length: number,
    outputs: Readonly<Record<string, Float32Array>>,
  ): void {
    const { headSize } = this.#network.config;
    const start = slot * this.#rowSize * this.#cached;
    this.#layers.forEach(({ keys, values }, layer) => {
      const names = cacheNames(layer);
      copyRows(outputs[names.keys], keys.subarray(start), this.#rowSize, {
        from: length,
        to: this.#cached,
      });
      copyRows(outputs[names.values], values.subarray(start), this.#rowSize / headSize, {
        from: length * headSize,
        to: this.#cached * headSize,
      });
    });
  }

  #storeToken(
    slot: number,
    position: number,
    outputs: Readonly<Record<string, Float32Array>>,
  ): void {
    const { headSize } = this.#network.config;
    const [rowSize, cached] = [this.#rowSize, this.#cached];
    this.#layers.forEach(({ keys, values }, layer) => {
      const names = cacheNames(layer);
      const [newKeys, newValues] = [outputs[names.keys], outputs[names.values]];
      for (let i = 0; i < rowSize; i++) {
        keys[(slot * rowSize + i) * cached + position] = newKeys[slot * rowSize + i];
      }
      for (let i = 0; i < rowSize; i += headSize) {
        const row = newValues.subarray(slot * rowSize + i, slot * rowSize + i + headSize);
        values.set(row, (slot * rowSize + i) * cached + position * headSize);
      }
    });
    this.#lengths[slot] = position + 1;
  }
}

/** Row widths before and after. */
interface Widths {
  readonly from: number;
  readonly to: number;
}

/** Copies the first `rows` rows, cut or left padded at their end. */
function copyRows(source: Float32Array, target: Float32Array, rows: number, width: Widths): void {
  const shared = Math.min(width.from, width.to);
  for (let row = 0; row < rows; row++) {
    target.set(source.subarray(row * width.from, row * width.from + shared), row * width.to);
  }
}

function rowsCopied(
  source: Float32Array,
  target: Float32Array,
  rows: number,
  width: Widths,
): Float32Array {
  copyRows(source, target, rows, width);
  return target;
}
