/**
 * Seeded random numbers. A stream is named by what it is for, so that no state has to be saved:
 * `new Rng(seed, "batches", epoch)` gives the same numbers wherever it is made.
 *
 * @module
 */

/** 32-bit FNV-1a of a text, to fold names into a seed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** The splitmix32 finalizer: spreads every input bit over the output. */
function mixed(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/**
 * xoshiro128** (Blackman and Vigna 2018), seeded through splitmix32.
 *
 * @example The same seed and stream give the same numbers
 * ```ts
 * import assert from "node:assert/strict";
 * import { Rng } from "./rng.ts";
 *
 * assert.equal(new Rng(1, "a").uniform(), new Rng(1, "a").uniform());
 * assert.notEqual(new Rng(1, "a").uniform(), new Rng(1, "b").uniform());
 * ```
 */
export class Rng {
  readonly #state = new Uint32Array(4);

  /** @param stream Names and indices that tell this stream from others of the same seed. */
  constructor(seed: number, ...stream: readonly (string | number)[]) {
    let hash = mixed(seed >>> 0);
    for (const part of stream) hash = mixed(hash ^ hashText(String(part)));
    for (let i = 0; i < 4; i++) this.#state[i] = mixed(hash = (hash + 0x9e3779b9) >>> 0);
  }

  /** 32 random bits. */
  bits(): number {
    const s = this.#state;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** The items in random order; the input is left as it was. */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }
}
