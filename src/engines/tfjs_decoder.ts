/**
 * Generation on TensorFlow.js. The caches of keys and values stay on the device; as tensors there
 * never change, each run makes new ones.
 *
 * @module
 */

import * as tf from "@tensorflow/tfjs-core";
import { cachedNames, cacheNames, HIDDEN_SCORE } from "../models/transformer.ts";
import type { Decoder, SlotToken } from "../models/decoder.ts";
import { contextFeeds } from "./context.ts";
import { taken, type TfjsNetwork } from "./tfjs_network.ts";

/** The caches hold a multiple of this many tokens a slot: their shapes change seldom. */
const CACHE_MULTIPLE = 128;
/** Runs have a multiple of this many slots, so that matrix products always use the same kernels. */
const SLOT_MULTIPLE = 8;

function roundedUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Keys (rows, keyHeads, headSize, cached) or values (rows, keyHeads, cached, headSize) of a layer. */
interface Cache {
  readonly kind: "keys" | "values";
  readonly layer: number;
  tensor: tf.Tensor4D | null;
  /** Of prompts that ran since the last run, one row each. */
  added: tf.Tensor4D[];
}

/** A decoder over the weights of `network`; it sees their changes. */
export class TfjsDecoder implements Decoder {
  readonly vocabSize: number;
  readonly maxLength: number;
  readonly #network: TfjsNetwork;
  readonly #caches: readonly Cache[];
  /** Tokens cached in each slot in use. */
  readonly #lengths: number[] = [];
  /** Where each slot's keys and values are: a row of the cache, or of those added after it. */
  readonly #rows: number[] = [];
  /** Rows of the caches, with those added. */
  #rowCount = 0;

  constructor(network: TfjsNetwork) {
    const { vocabSize, maxLength, layerCount } = network.config;
    this.vocabSize = vocabSize;
    this.maxLength = maxLength;
    this.#network = network;
    this.#caches = Array.from({ length: 2 * layerCount }, (_, i) => ({
      kind: i < layerCount ? "keys" : "values",
      layer: i % layerCount,
      tensor: null,
      added: [],
    }));
    network.held.use(this);
  }

  async prefill(ids: readonly number[]): Promise<Float32Array> {
    const length = ids.length;
    const { logits, ...outputs } = this.#network.runOnDevice("prefill", {
      batch: 1,
      length,
      rows: 1,
    }, {
      ids: Int32Array.from(ids),
      positions: Int32Array.of(length - 1),
      ...contextFeeds(
        { batch: 1, length, rows: [{ shared: length, branches: [] }] },
        this.#network.rotary,
        this.#network.config,
      ),
    });
    for (const cache of this.#caches) {
      cache.added.push(outputs[cacheNames(cache.layer)[cache.kind]] as tf.Tensor4D);
    }
    this.#rows.push(this.#rowCount++);
    this.#lengths.push(length);
    return await taken(logits);
  }

  fork(slot: number, length: number): void {
    this.#rows.push(this.#rows[slot]);
    this.#lengths.push(length);
  }

  /** Runs the tokens one by one, as no graph here takes several behind a cache. */
  async extend(slot: number, ids: readonly number[]): Promise<Float32Array> {
    let logits = new Float32Array(0);
    for (const token of ids) {
      const all = await this.decode(
        this.#lengths.map((position, other) => other === slot ? { token, position } : null),
      );
      logits = all.slice(slot * this.vocabSize, (slot + 1) * this.vocabSize);
    }
    return logits;
  }

  async decode(tokens: readonly (SlotToken | null)[]): Promise<Float32Array> {
    const slots = roundedUp(tokens.length, SLOT_MULTIPLE);
    const cached = roundedUp(Math.max(...this.#lengths) + 1, CACHE_MULTIPLE);
    this.#arrange(slots, cached);
    const { logits, ...outputs } = this.#network.runOnDevice("decode", { slots, cached }, {
      ids: Int32Array.from({ length: slots }, (_, slot) => tokens[slot]?.token ?? 0),
      ...this.#positionFeeds(tokens, slots, cached),
      ...Object.fromEntries(
        this.#caches.map(({ kind, layer, tensor }) => [cachedNames(layer)[kind], tensor!]),
      ),
    });
    this.#store(tokens, { slots, cached, outputs });
    const all = await taken(logits);
    return all.subarray(0, tokens.length * this.vocabSize);
  }

  free(slot: number): void {
    const [row, length] = [this.#rows.pop()!, this.#lengths.pop()!];
    if (slot < this.#rows.length) {
      this.#rows[slot] = row;
      this.#lengths[slot] = length;
    }
    if (this.#rows.length === 0) this[Symbol.dispose]();
  }

  /** Frees the caches; no slot is in use any more. */
  [Symbol.dispose](): void {
    for (const cache of this.#caches) {
      tf.dispose([...cache.added, ...cache.tensor ? [cache.tensor] : []]);
      cache.tensor = null;
      cache.added = [];
    }
    this.#rows.length = this.#lengths.length = this.#rowCount = 0;
  }

  /** Brings the caches to `slots` rows in the slots' order, `cached` tokens wide. */
  #arrange(slots: number, cached: number): void {
    const rows = Array.from({ length: slots }, (_, slot) => this.#rows[slot] ?? 0);
    const isInPlace = this.#rowCount === slots && rows.every((row, slot) => row === slot);
    for (const cache of this.#caches) {
      const width = cache.tensor?.shape[tokenAxis(cache)];
      if (isInPlace && cache.added.length === 0 && width === cached) continue;
      const before = [...cache.tensor ? [cache.tensor] : [], ...cache.added];
      cache.tensor = tf.tidy(() => {
        const all = tf.concat(before.map((part) => widened(part, cache, cached)), 0);
        return tf.gather(all, tf.tensor1d(rows, "int32"), 0);
      });
      cache.added = [];
      tf.dispose(before);
    }
    this.#rows.forEach((_, slot) => this.#rows[slot] = slot);
    this.#rowCount = slots;
  }

  /** Positions and what each slot may look at; slots out of use see only their own token. */
  #positionFeeds(tokens: readonly (SlotToken | null)[], slots: number, cached: number) {
    const { headSize } = this.#network.config;
    const cosine = new Float32Array(slots * headSize);
    const sine = new Float32Array(slots * headSize);
    const bias = new Float32Array(slots * cached).fill(HIDDEN_SCORE);
    tokens.forEach((token, slot) => {
      if (!token) return;
      const at = token.position * headSize;
      cosine.set(this.#network.rotary.cosine.subarray(at, at + headSize), slot * headSize);
      sine.set(this.#network.rotary.sine.subarray(at, at + headSize), slot * headSize);
      bias.fill(0, slot * cached, slot * cached + token.position);
    });
    return { cosine, sine, bias };
  }

  /** Puts the keys and values of `tokens` in their places. */
  #store(
    tokens: readonly (SlotToken | null)[],
    { slots, cached, outputs }: {
      slots: number;
      cached: number;
      outputs: Readonly<Record<string, tf.Tensor>>;
    },
  ): void {
    const isNew = new Uint8Array(slots * cached);
    tokens.forEach((token, slot) => {
      if (!token) return;
      isNew[slot * cached + token.position] = 1;
      this.#lengths[slot] = token.position + 1;
    });
    const { keyValueHeadCount, headSize } = this.#network.config;
    for (const cache of this.#caches) {
      const before = cache.tensor!;
      const own = outputs[cacheNames(cache.layer)[cache.kind]];
      cache.tensor = tf.tidy(() =>
        tf.where(
          tf.tensor(isNew, [slots, 1, ...lastAxes(cache, cached, 1)], "bool"),
          tf.reshape(own, [slots, keyValueHeadCount, ...lastAxes(cache, 1, headSize)]),
          before,
        )
      );
      before.dispose();
    }
    tf.dispose(outputs);
  }
}

function tokenAxis({ kind }: Cache): number {
  return kind === "keys" ? 3 : 2;
}

/** The last two sizes of a cache of `tokens`, or of what is laid over it. */
function lastAxes({ kind }: Cache, tokens: number, width: number): [number, number] {
  return kind === "keys" ? [width, tokens] : [tokens, width];
}

/** A part of a cache with room for `cached` tokens; those beyond are cut. */
function widened(part: tf.Tensor4D, cache: Cache, cached: number): tf.Tensor4D {
  const axis = tokenAxis(cache);
  const missing = cached - part.shape[axis];
  if (missing <= 0) {
    return tf.slice(part, [0, 0, 0, 0], part.shape.with(axis, cached) as tf.Tensor4D["shape"]);
  }
  const zeros = tf.zeros<tf.Rank.R4>(part.shape.with(axis, missing) as tf.Tensor4D["shape"]);
  return tf.concat4d([part, zeros], axis);
}
