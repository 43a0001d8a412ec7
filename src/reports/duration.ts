/**
 * Times as a person says them.
 *
 * @module
 */

/**
 * Seconds in two units at most: `8 s`, `3 min 20 s`, `2 h 5 min`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { duration } from "./duration.ts";
 *
 * assert.equal(duration(7500), "2 h 5 min");
 * ```
 */
export function duration(seconds: number): string {
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor(total % 3600 / 60)} min`;
}
