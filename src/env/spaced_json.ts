/**
 * JSON as the chat templates of tool-calling models write it.
 *
 * @module
 */

/**
 * JSON with a space after each colon and comma, as the Hermes and Qwen templates write it.
 *
 * @example A tool call's arguments
 * ```ts
 * import assert from "node:assert/strict";
 * import { spacedJson } from "./spaced_json.ts";
 *
 * assert.equal(spacedJson({ a: [1, "b"] }), '{"a": [1, "b"]}');
 * ```
 */
export function spacedJson(value: unknown): string {
  // A line break in JSON is always layout: those in texts are escaped.
  return JSON.stringify(value, null, 1)
    .replace(/(?<=[{[])\n\s*|\n\s*(?=[\]}])/g, "")
    .replace(/\n\s*/g, " ");
}
