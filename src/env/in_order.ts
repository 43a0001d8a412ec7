/**
 * Work that runs side by side and comes back in order.
 *
 * @module
 */

/**
 * Runs work on items, at most `limit` at a time, and yields the results in the items' order. A slow
 * item delays those after it, not their work. When the reader stops early, nothing more is begun and
 * what runs is waited for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { inOrder } from "./in_order.ts";
 *
 * const squares = inOrder([1, 2, 3], 2, (n) => Promise.resolve(n * n));
 * assert.deepEqual(await Array.fromAsync(squares), [1, 4, 9]);
 * ```
 *
 * @throws What `work` throws first in the items' order.
 * @throws {RangeError} If `limit` is below 1.
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): AsyncGenerator<R> {
  if (!(limit >= 1)) {
    throw new RangeError(`Cannot run side by side as 'limit' must be at least 1: it is ${limit}`);
  }
  const results = items.map(() => Promise.withResolvers<R>());
  // A result that fails before its turn to be yielded is not unhandled.
  for (const { promise } of results) promise.catch(() => {});
  let begun = 0;
  const runner = async () => {
    while (begun < items.length) {
      const index = begun++;
      const { promise, resolve } = results[index];
      resolve(Promise.try(work, items[index], index));
      await Promise.allSettled([promise]);
    }
  };
  const runners = Array.from({ length: Math.min(limit, items.length) }, runner);
  try {
    for (const { promise } of results) yield await promise;
  } finally {
    begun = items.length;
    await Promise.allSettled(runners);
  }
}
