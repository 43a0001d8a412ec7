/**
 * Reads the frames that come out of a worker process.
 *
 * @module
 */

import { bodyLength, decodedBody, HEADER_BYTES } from "./wire.ts";

/** No answer within the pool's caps comes near this; a length above it is garbage. */
const MAX_BODY_BYTES = 2 ** 30;

// Most answers are short, so one read brings several of them.
const READ_BYTES = 16_384;

/** The frames of one stream, in order. */
export class FrameReader {
  readonly #reader: ReadableStreamBYOBReader;
  /** What was read and belongs to no frame yet. */
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /**
   * The next message.
   *
   * @throws {Error} If the stream ends before it does, or its bytes are no frame.
   */
  async next(): Promise<unknown> {
    if (this.#rest.length < HEADER_BYTES) await this.#fill(HEADER_BYTES);
    const length = bodyLength(this.#rest);
    if (length > MAX_BODY_BYTES) throw new RangeError(`it announced an answer of ${length} bytes`);
    const end = HEADER_BYTES + length;
    if (this.#rest.length < end) await this.#fill(end);
    const body = this.#rest.subarray(HEADER_BYTES, end);
    this.#rest = this.#rest.subarray(end);
    return decodedBody(body);
  }

  /** Gives the stream up. */
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  /** Reads on until the rest has so many bytes. */
  async #fill(count: number): Promise<void> {
    const rest = this.#rest;
    const missing = count - rest.length;
    const into = new Uint8Array(Math.max(READ_BYTES, missing));
    const { value, done } = await this.#reader.read(into, { min: missing });
    if (done || value.length < missing) throw new Error("its output ended");
    if (rest.length === 0) {
      this.#rest = value;
      return;
    }
    this.#rest = new Uint8Array(rest.length + value.length);
    this.#rest.set(rest);
    this.#rest.set(value, rest.length);
  }
}
