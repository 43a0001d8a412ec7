/**
 * SQLite's message for what a connection did last, which node:sqlite has no function for.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

const TOO_LONG_A_NAME = "x".repeat(256);
const noFunction = () => null;

/**
 * The message, null when it went well. A function name over SQLite's limit is refused before the
 * connection's error is cleared, so the refusal carries that error's message.
 */
export function lastError(database: DatabaseSync): string | null {
  try {
    database.function(TOO_LONG_A_NAME, noFunction);
  } catch (error) {
    const { message } = error as Error;
    return message === "not an error" ? null : message;
  }
  throw new Error("Cannot read SQLite's last error as a function name of 256 bytes was accepted");
}
