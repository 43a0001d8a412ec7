/**
 * The order in which training reads examples: every epoch is a seeded shuffle of all of them, and
 * the whole state is one number, so a checkpoint stores the position and nothing else.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";

/**
 * Walks through shuffled epochs of example indices.
 *
 * The order of epoch `e` is `new Rng(seed, "batches", e).shuffled([0 .. count - 1])`, so that any
 * position can be resumed without replaying what came before.
 *
 * @example A cursor resumed at a position goes on as the first one does
 * ```ts
 * import assert from "node:assert/strict";
 * import { ExampleCursor } from "./batches.ts";
 *
 * const cursor = new ExampleCursor(10, 1);
 * cursor.next(7);
 * const resumed = ExampleCursor.at(10, 1, cursor.position);
 * assert.deepEqual(resumed.next(7), cursor.next(7));
 * ```
 */
export class ExampleCursor {
  readonly #count: number;
  readonly #seed: number;
  #position = 0;
  #epoch = -1;
  #order: readonly number[] = [];

  /**
   * @param count Number of examples.
   * @throws {RangeError} If `count` is not a positive integer.
   */
  constructor(count: number, seed: number) {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(
        `Cannot order examples as their number must be a positive integer: current value is ${count}`,
      );
    }
    this.#count = count;
    this.#seed = seed;
  }

  /**
   * A cursor that has already given `position` indices.
   *
   * @throws {RangeError} If `count` or `position` is not possible.
   */
  static at(count: number, seed: number, position: number): ExampleCursor {
    if (!Number.isInteger(position) || position < 0) {
      throw new RangeError(
        `Cannot resume a cursor as its position must be an integer of 0 or more: current value is ${position}`,
      );
    }
    const cursor = new ExampleCursor(count, seed);
    cursor.#position = position;
    return cursor;
  }

  /** How many indices were given, over all epochs. */
  get position(): number {
    return this.#position;
  }

  /** The next `n` example indices; goes on into the next epoch when one is used up. */
  next(n: number): number[] {
    return Array.from({ length: n }, () => this.#nextIndex());
  }

  #nextIndex(): number {
    const epoch = Math.floor(this.#position / this.#count);
    if (epoch !== this.#epoch) this.#enter(epoch);
    return this.#order[this.#position++ % this.#count];
  }

  #enter(epoch: number): void {
    const indices = Array.from({ length: this.#count }, (_, index) => index);
    this.#order = new Rng(this.#seed, "batches", epoch).shuffled(indices);
    this.#epoch = epoch;
  }
}
