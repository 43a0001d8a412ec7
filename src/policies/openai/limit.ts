/**
 * A limit on how much is under way at a time.
 *
 * @module
 */

/**
 * Lets a number of tasks run at a time; more wait, in the order in which they came.
 *
 * @example The second task begins when the first has ended
 * ```ts
 * import assert from "node:assert/strict";
 * import { Limit } from "./limit.ts";
 *
 * const limit = new Limit(1);
 * const order: string[] = [];
 * const first = limit.run(async () => {
 *   await Promise.resolve();
 *   order.push("first");
 * });
 * const second = limit.run(() => Promise.resolve(order.push("second")));
 * await Promise.all([first, second]);
 * assert.deepEqual(order, ["first", "second"]);
 * ```
 */
export class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param atATime 1 or more. */
  constructor(atATime: number) {
    this.#free = atATime;
  }

  /** Runs a task when it is its turn. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // A place goes from hand to hand, so that a newcomer cannot take it first.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
