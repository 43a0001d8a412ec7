/**
 * Whether a store can be relied on: which steps of the schema it has, and what SQLite's own check finds.
 *
 * @module
 */

import { MIGRATIONS } from "./migrations.ts";
import { StoreFile } from "./store_file.ts";

/** What is known of a store; it was only read. */
export interface StoreHealth {
  readonly sizeBytes: number;
  /** The newest step of the schema that it has. */
  readonly schema: string;
  /** Whether it lacks later steps, which a command that stores makes up for. */
  readonly isOlder: boolean;
  /** What `PRAGMA integrity_check` says is wrong, at most 5 lines; none for a sound file. */
  readonly damage: readonly string[];
  readonly runs: number;
}

/**
 * Looks through a store, page by page.
 *
 * @returns Null where there is no file, or nobody has stored anything yet.
 * @throws {RangeError} If a newer version of this program wrote the file.
 * @throws {Error} If the file cannot be opened or is not a store.
 */
export async function storeHealth(path: string): Promise<StoreHealth | null> {
  const stat = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (stat === null) return null;
  using file = new StoreFile(path, { isReadOnly: true, mayBeOlder: true });
  if (file.isEmpty) return null;
  const schema = String(file.statement("SELECT max(name) AS name FROM migrations").get()!.name);
  return file.attempt("check the store", () => ({
    sizeBytes: stat.size,
    schema,
    isOlder: schema !== MIGRATIONS.at(-1)!.name,
    damage: file.statement("PRAGMA integrity_check(5)").all()
      .map((row) => String(row.integrity_check))
      .filter((line) => line !== "ok"),
    runs: Number(file.statement("SELECT count(*) AS n FROM runs").get()!.n),
  }));
}
