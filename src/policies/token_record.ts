/**
 * The tokens of an episode while it grows.
 *
 * @module
 */

import type { Tokens } from "../trajectory/episode.ts";

/**
 * Tokens as the policy was shown and chose them, in order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TokenRecord } from "./token_record.ts";
 *
 * const record = new TokenRecord();
 * record.given([7, 8]);
 * record.chosen(9, 0, -0.5);
 * assert.deepEqual([...record.tokens().actionMask], [0, 0, 1]);
 * ```
 */
export class TokenRecord {
  readonly ids: number[] = [];
  readonly #actionMask: number[] = [];
  readonly #stepOf: number[] = [];
  readonly #logprobs: number[] = [];

  /** Tokens that the policy is shown; `step` where they belong to one of its messages. */
  given(ids: readonly number[], step = -1): void {
    for (const id of ids) this.#push(id, 0, step, 0);
  }

  /** A token that the policy chose. */
  chosen(id: number, step: number, logprob: number): void {
    this.#push(id, 1, step, logprob);
  }

  tokens(): Tokens {
    return {
      ids: Int32Array.from(this.ids),
      actionMask: Uint8Array.from(this.#actionMask),
      stepOf: Int16Array.from(this.#stepOf),
      sampledLogprobs: Float32Array.from(this.#logprobs),
    };
  }

  #push(id: number, mask: number, step: number, logprob: number): void {
    this.ids.push(id);
    this.#actionMask.push(mask);
    this.#stepOf.push(step);
    this.#logprobs.push(logprob);
  }
}
