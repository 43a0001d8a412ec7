/**
 * JSON with its keys in order, so that equal values are equal texts and have equal hashes.
 *
 * @module
 */

import { createHash } from "node:crypto";

/**
 * The value as JSON, with the keys of every object sorted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { canonicalJson } from "./canonical.ts";
 *
 * assert.equal(canonicalJson({ b: [2, 1], a: { d: null, c: 0.5 } }), '{"a":{"c":0.5,"d":null},"b":[2,1]}');
 * ```
 *
 * @param indent Spaces by which each level is indented; 0 for one line.
 */
export function canonicalJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, withSortedKeys, indent);
}

/** SHA-256 of the canonical JSON, in hexadecimal. */
export function canonicalSha256(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  // By code units, which no locale changes. Names that are numbers come first, always in one order.
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
