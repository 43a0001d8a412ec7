/**
 * The SQLite that untrusted SQL runs on: results are known by it, as another version may give others.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** Its version, for instance `3.53.2`; the store may be written by another one. */
export function sqliteVersion(): string {
  using database = new DatabaseSync(":memory:");
  return database.prepare("SELECT sqlite_version() AS version").get()!.version as string;
}
