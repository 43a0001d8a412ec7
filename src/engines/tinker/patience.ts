/**
 * How long a request is waited for: by its silence, as the tinker SDK does (httpx's timeouts), since a
 * large answer over a slow line takes long and is no failure; and in all.
 *
 * @module
 */

/** The SDK's: longest silence before a request is made anew. */
const SILENCE_MS = 45_000;

/** Bytes a ms of the slowest line that is allowed for while a body is sent, as nothing is heard then. */
const SLOWEST_LINE = 50;

/** What is waited for, in ms and bytes. */
export interface PatienceOptions {
  /** Longest wait in all. */
  readonly totalMs: number;
  readonly sentBytes: number;
  /** {@linkcode SILENCE_MS} unless given. */
  readonly silenceMs?: number;
}

/** A signal that ends a request which is silent for too long. Disposing of it stops the clock. */
export class Patience implements Disposable {
  readonly #ended = new AbortController();
  readonly #end: number;
  readonly #silenceMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ totalMs, sentBytes, silenceMs = SILENCE_MS }: PatienceOptions) {
    this.#end = performance.now() + totalMs;
    this.#silenceMs = silenceMs;
    this.#wait(silenceMs + sentBytes / SLOWEST_LINE);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** All of a body, however long it takes, while parts of it come; null if it is of more bytes. */
  async bodyOf({ body }: Response, mostBytes = Infinity): Promise<Uint8Array<ArrayBuffer> | null> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of body ?? []) {
      this.#wait(this.#silenceMs);
      size += part.length;
      if (size > mostBytes) return null;
      parts.push(part);
    }
    return await new Blob(parts).bytes();
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    const left = Math.min(ms, this.#end - performance.now());
    this.#timer = setTimeout(() => this.#ended.abort(), Math.max(1, left));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
