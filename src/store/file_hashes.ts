/**
 * SHA-256 of files, computed once: a file of the same size and time of change is taken for the same.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { StoreFile } from "./store_file.ts";

/** Remembers hashes in the store. */
export class FileHashes {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** The file's SHA-256 in hexadecimal. */
  async sha256(path: string): Promise<string> {
    const absolute = resolve(path);
    const { size, mtime } = await Deno.stat(absolute);
    const modified = mtime?.getTime() ?? 0;
    const known = this.#file
      .statement("SELECT sha256 FROM file_hashes WHERE path = ? AND size = ? AND modified = ?")
      .get(absolute, size, modified);
    if (known) return known.sha256 as string;
    const sha256 = await fileSha256(absolute);
    this.#file.attempt("store a file's hash", () => {
      this.#file.insert("INSERT OR REPLACE INTO file_hashes VALUES (?, ?, ?, ?)", [
        [absolute, size, modified, sha256],
      ]);
    });
    return sha256;
  }
}

/** The SHA-256 of a file in hexadecimal, read piece by piece. */
export async function fileSha256(path: string): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
  for await (const piece of file.readable.values({ preventCancel: true })) hash.update(piece);
  return hash.digest("hex");
}
