/**
 * Work that only one process at a time may do: it holds a lock on a file beside the one that it works
 * on. The system frees the lock when the process dies, however it dies; the empty file stays.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Holds the lock until it is disposed of, or refuses.
 *
 * @param path The file that is worked on; the lock is on `<path>.lock`.
 * @param doing What is done, for the message.
 * @throws {Error} If another process holds it.
 */
export async function alone(path: string, doing: string): Promise<Disposable> {
  const file = await lockFile(path);
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Error(
    `Cannot ${doing} as one process alone may work on a store: another one works on ${path}`,
  );
}

/** Holds the lock until it is disposed of, for work of a moment: waits for whoever holds it. */
export async function inTurn(path: string): Promise<Disposable> {
  const file = await lockFile(path);
  await file.lock(true);
  return file;
}

function lockFile(path: string): Promise<Deno.FsFile> {
  mkdirSync(dirname(path), { recursive: true });
  return Deno.open(`${path}.lock`, { create: true, write: true });
}
