/**
 * How long to wait before a request is tried again.
 *
 * @module
 */

/** The first wait and the longest one that is not the server's own wish, in ms. */
const WAIT_MS = { first: 500, longest: 30_000 };

/**
 * The wait after a number of failures: doubled each time, up to 30 s, and spread at random over its
 * upper half, so that requests that failed together do not come back together. A server that says when
 * to come back is not asked before.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { backoffMs } from "./backoff.ts";
 *
 * assert.equal(backoffMs(1, { uniform: 1, retryAfterMs: 0 }), 500);
 * assert.equal(backoffMs(3, { uniform: 0, retryAfterMs: 0 }), 1000);
 * assert.equal(backoffMs(1, { uniform: 0, retryAfterMs: 7000 }), 7000);
 * ```
 *
 * @param failures 1 after the first.
 * @param options.uniform A random number in [0, 1].
 * @param options.retryAfterMs What the server asks for; 0 for nothing.
 * @returns Milliseconds.
 */
export function backoffMs(
  failures: number,
  { uniform, retryAfterMs }: { readonly uniform: number; readonly retryAfterMs: number },
): number {
  const wait = Math.min(WAIT_MS.first * 2 ** (failures - 1), WAIT_MS.longest);
  return Math.max(wait * (1 + uniform) / 2, retryAfterMs);
}

/**
 * The milliseconds that a `Retry-After` header asks for: seconds, or a date (RFC 9110, 10.2.3).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { retryAfterMs } from "./backoff.ts";
 *
 * assert.equal(retryAfterMs("2", 0), 2000);
 * assert.equal(retryAfterMs("Thu, 01 Jan 1970 00:00:05 GMT", 1000), 4000);
 * assert.equal(retryAfterMs(null, 0), 0);
 * ```
 *
 * @param nowMs Milliseconds since 1970.
 * @returns 0 for a header that is missing or says neither.
 */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null || header.trim() === "") return 0;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? Date.parse(header) - nowMs : 1000 * seconds;
  return Math.max(0, wait || 0);
}
