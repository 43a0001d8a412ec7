/**
 * The frames between the pool and its worker processes: a length of four bytes, then the message as
 * V8 writes it, which keeps bigints, reals and bytes apart at the speed of native code.
 *
 * @module
 */

import { deserialize, serialize } from "node:v8";
import type { SqlResult, SqlTimes } from "./result_set.ts";

/** What all requests say. */
interface RequestBase {
  readonly databasePath: string;
  /** The time that SQL takes for 'now', as SQLite writes it; null for the machine's clock. */
  readonly now: string | null;
  /** Whether rows come in the opposite order wherever SQL leaves the order open. */
  readonly reverseUnordered: boolean;
  /** More rows than this are cut off. */
  readonly maxRows: number;
  /** Rows are cut off before their cells exceed this many bytes. */
  readonly maxBytes: number;
}

/** One statement to run, with its caps. */
export interface QueryRequest extends RequestBase {
  readonly kind: "query";
  readonly sql: string;
}

/** Two statements to run in turns and to time. */
export interface TimeRequest extends RequestBase {
  readonly kind: "time";
  readonly predictedSql: string;
  readonly goldSql: string;
  readonly iterations: number;
}

/** What a worker is asked for. */
export type SqlRequest = QueryRequest | TimeRequest;

/** What a worker answers. */
export type SqlAnswer = SqlResult | SqlTimes;

/** A request or its answer, which bears the same number: an answer to anything else is a lie. */
export interface Numbered<T> {
  readonly id: number;
  readonly body: T;
}

/** What a worker says once it can take requests. */
export const READY = "ready";

/** As much as one read takes: most messages are shorter, so it brings several. */
export const READ_BYTES = 4096;

const HEADER_BYTES = 4;

// No answer within the pool's caps comes near this; a length above it is garbage.
const MAX_BODY_BYTES = 2 ** 30;

/** A message with its length in front. */
export function encodedFrame(message: unknown): Uint8Array<ArrayBuffer> {
  const body = serialize(message);
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** Takes the frames out of bytes that come in pieces. */
export class FrameBuffer {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array();

  /** Takes the next piece. */
  add(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#bytes.length === 0) {
      this.#bytes = bytes;
      return;
    }
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
  }

  /**
   * How many bytes are missing at least until a whole message is there.
   *
   * @throws {RangeError} If a message is announced that is longer than any.
   */
  get missing(): number {
    return Math.max(0, this.#frameLength() - this.#bytes.length);
  }

  /**
   * The next message.
   *
   * @throws {Error} If its bytes are none; also while some are missing.
   */
  next(): unknown {
    const length = this.#frameLength();
    const body = this.#bytes.subarray(HEADER_BYTES, length);
    this.#bytes = this.#bytes.subarray(length);
    return deserialize(body);
  }

  #frameLength(): number {
    const bytes = this.#bytes;
    if (bytes.length < HEADER_BYTES) return HEADER_BYTES;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (length <= MAX_BODY_BYTES) return HEADER_BYTES + length;
    throw new RangeError(`Cannot read a message as it is too long: ${length} bytes are announced`);
  }
}
