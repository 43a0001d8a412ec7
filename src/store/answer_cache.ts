/**
 * Answers of an endpoint that were given once and need not be asked for again, kept in the store.
 *
 * @module
 */

import type { StoreFile } from "./store_file.ts";

/** The answers of one endpoint, by a key of all that an answer depends on. */
export class AnswerCache {
  readonly #file: StoreFile;
  readonly #endpoint: string;

  /** @param endpoint Its address. */
  constructor(file: StoreFile, endpoint: string) {
    this.#file = file;
    this.#endpoint = endpoint;
  }

  /** Whether nothing of the endpoint is kept. */
  get isEmpty(): boolean {
    return !this.#file.statement("SELECT 1 FROM answers WHERE endpoint = ? LIMIT 1")
      .get(this.#endpoint);
  }

  /** Null where it is not known. */
  get(key: string): string | null {
    const row = this.#file.statement("SELECT answer FROM answers WHERE key = ?").get(key);
    return row ? row.answer as string : null;
  }

  /** Kept at once, so that a process that is killed has lost nothing. */
  put(key: string, answer: string): void {
    this.#file.attempt("store an answer", () => {
      this.#file.insert("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", [
        [key, this.#endpoint, answer],
      ]);
    });
  }
}
