/**
 * What the program says when it fails.
 *
 * @module
 */

/**
 * The message alone where a user can act on it, with the stack where the program is to blame.
 *
 * @example A file that is missing is the user's
 * ```ts
 * import assert from "node:assert/strict";
 * import { failureText } from "./failure.ts";
 *
 * const error = await Deno.readTextFile("missing.json").catch((error) => error);
 * assert.match(failureText(error), /^Cannot go on as the system refuses: No such file.*missing/);
 * ```
 */
export function failureText(error: unknown): string {
  const { message, stack, code } = Object(error) as Error & { readonly code?: unknown };
  if (/^(Cannot|Unknown) /.test(message)) return message;
  // ENOENT and the like; ERR_INVALID_ARG_TYPE and its kind are mistakes of the program.
  if (/^E[A-Z0-9]+$/.test(String(code))) return `Cannot go on as the system refuses: ${message}`;
  return stack ?? String(error);
}
