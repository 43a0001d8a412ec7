/**
 * Work that only one process at a time may do.
 *
 * @module
 */

/**
 * Holds a lock beside a file until it is disposed of; the system frees it when the process dies.
 *
 * @param path The file that is worked on; the lock is `<path>.lock`.
 * @param doing What is done, for the message.
 * @throws {Error} If another process holds it.
 */
export async function alone(path: string, doing: string): Promise<Disposable> {
  const file = await Deno.open(`${path}.lock`, { create: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Error(
    `Cannot ${doing} as one process alone may work on a store: another one works on ${path}`,
  );
}
