/**
 * Which runs a process works on. Whoever works on a run holds a lock on a file beside the store, which
 * the system frees when the process dies, however it dies; a process's number would go to another one.
 *
 * Not covered: a store that two machines share by a file system without locks.
 *
 * @module
 */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Who asks whether a lock is held has it for that moment. */
const HOLD = { attempts: 10, waitMs: 10 };

/** The locks of a store's runs; those that are held are freed at the end of its `using` block. */
export class RunLocks implements Disposable {
  /** Null where no other process can see the store. */
  readonly #folder: string | null;
  /** The file of each run that is held here. */
  readonly #held = new Map<number, Deno.FsFile | null>();

  /** @param storePath The store's file; the locks lie in the folder `<store>.running`. */
  constructor(storePath: string) {
    this.#folder = storePath === ":memory:" ? null : `${storePath}.running`;
  }

  /** Whether this process or another one works on the run. */
  isHeld(run: number): boolean {
    if (this.#held.has(run)) return true;
    if (this.#folder === null) return false;
    try {
      using file = Deno.openSync(join(this.#folder, String(run)));
      return !file.tryLockSync(false);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** Takes the run for this process; false where another one has it. */
  hold(run: number): boolean {
    if (this.#held.has(run)) return true;
    const file = this.#folder === null ? null : lockedFile(this.#folder, run);
    if (file === null && this.#folder !== null) return false;
    this.#held.set(run, file);
    return true;
  }

  /** Frees a run, where it is held here. */
  release(run: number, { goesOn }: { readonly goesOn: boolean }): void {
    // The file of a run that may go on stays: another process may be about to lock it.
    if (!goesOn && this.#folder !== null && this.#held.has(run)) {
      rmSync(join(this.#folder, String(run)), { force: true });
    }
    this.#held.get(run)?.close();
    this.#held.delete(run);
  }

  [Symbol.dispose](): void {
    for (const run of [...this.#held.keys()]) this.release(run, { goesOn: true });
  }
}

/** Null where another process has it. */
function lockedFile(folder: string, run: number): Deno.FsFile | null {
  mkdirSync(folder, { recursive: true });
  const file = Deno.openSync(join(folder, String(run)), { create: true, write: true });
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < HOLD.attempts; attempt++) {
    if (file.tryLockSync(true)) return file;
    Atomics.wait(pause, 0, 0, HOLD.waitMs);
  }
  file.close();
  return null;
}
