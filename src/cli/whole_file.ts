/**
 * Files for others to read, that are there whole or not at all.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A file as it was written. */
export interface WrittenFile {
  readonly sha256: string;
  readonly parts: number;
}

/**
 * Refuses to write where something is.
 *
 * @throws {Error} If there is a file or folder at the path.
 */
export function refuseToOverwrite(path: string): void {
  if (!existsSync(path)) return;
  throw new Error(`Cannot write ${path} as it is there already: "--force" writes over it`);
}

/**
 * Refuses a folder in place of a file, before the work whose result is to be written.
 *
 * @param path Empty where nothing is to be written.
 * @throws {Error} If there is a folder at the path.
 */
export function refuseFolder(path: string): void {
  if (path === "" || !existsSync(path) || !statSync(path).isDirectory()) return;
  throw new Error(`Cannot write ${path} as it must be a file: it is a folder`);
}

/**
 * Writes a text part by part beside its place, then renames it, so that a reader never sees a half of
 * it and a failure leaves what was there.
 */
export async function writeWhole(path: string, parts: Iterable<string>): Promise<WrittenFile> {
  mkdirSync(dirname(path), { recursive: true });
  const hash = createHash("sha256");
  let count = 0;
  function* counted() {
    for (const part of parts) {
      hash.update(part);
      count++;
      yield part;
    }
  }
  const temporary = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeTextFile(temporary, ReadableStream.from(counted()));
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  return { sha256: hash.digest("hex"), parts: count };
}
