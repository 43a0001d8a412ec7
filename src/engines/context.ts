/**
 * What attention is told about padded rows of branches: the place of each token in its own
 * trajectory, and which tokens it sees.
 *
 * @module
 */

import type { ModelConfig } from "../models/config.ts";
import { HIDDEN_SCORE } from "../models/transformer.ts";
import type { MicroBatch } from "./micro_batches.ts";

/** Cosines and sines of all positions, shape (maxLength, headSize) each. */
export interface Rotary {
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/** Inputs of a network's graphs beside tokens and weights. */
export interface ContextFeeds {
  /** Shape (batch, length, headSize) each. */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
  /** 0 where a token sees another, `HIDDEN_SCORE` elsewhere, shape (batch, length, length). */
  readonly mask: Float32Array;
}

type Shape = Pick<MicroBatch, "batch" | "length" | "rows">;

/**
 * What the rows of a micro-batch are fed.
 *
 * @throws {RangeError} If a trajectory does not fit the model's context.
 */
export function contextFeeds(
  { batch, length, rows }: Shape,
  rotary: Rotary,
  { headSize, maxLength }: Pick<ModelConfig, "headSize" | "maxLength">,
): ContextFeeds {
  const cosine = new Float32Array(batch * length * headSize);
  const sine = new Float32Array(batch * length * headSize);
  const mask = new Float32Array(batch * length * length).fill(HIDDEN_SCORE);
  rows.forEach(({ shared, branches }, row) => {
    const begin = row * length;
    /** Lets `count` tokens from `at` see the shared part and, of their own, those up to themselves. */
    const place = (at: number, count: number, from: number) => {
      if (from + count > maxLength) {
        throw new RangeError(
          `Cannot run ${from + count} tokens as the model's context holds at most ${maxLength}`,
        );
      }
      const target = (begin + at) * headSize;
      const source = [from * headSize, (from + count) * headSize] as const;
      cosine.set(rotary.cosine.subarray(...source), target);
      sine.set(rotary.sine.subarray(...source), target);
      for (let i = at; i < at + count; i++) {
        const seen = (begin + i) * length;
        mask.fill(0, seen, seen + Math.min(from, shared));
        mask.fill(0, seen + at, seen + i + 1);
      }
    };
    place(0, shared, 0);
    branches.reduce((at, count) => {
      place(at, count, shared);
      return at + count;
    }, shared);
  });
  return { cosine, sine, mask };
}
