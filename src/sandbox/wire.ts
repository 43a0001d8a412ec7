/**
 * The frames between the pool and its worker processes: a length of four bytes, then the message as
 * V8 writes it, which keeps bigints, reals and bytes apart at the speed of native code.
 *
 * @module
 */

import { deserialize, serialize } from "node:v8";

/** One statement to run, with its caps. */
export interface SqlRequest {
  readonly databasePath: string;
  readonly sql: string;
  /** More rows than this are cut off. */
  readonly maxRows: number;
  /** Rows are cut off before their cells exceed this many bytes. */
  readonly maxBytes: number;
}

/** What a worker says once it can take requests. */
export const READY = "ready";

/** Bytes of the length in front of each message. */
export const HEADER_BYTES = 4;

/** A message with its length in front. */
export function encodedFrame(message: unknown): Uint8Array<ArrayBuffer> {
  const body = serialize(message);
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** The length that a header announces, in bytes. */
export function bodyLength(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(0);
}

/**
 * The message of a frame's body.
 *
 * @throws {Error} If the bytes are not a message.
 */
export function decodedBody(body: Uint8Array): unknown {
  return deserialize(body);
}
