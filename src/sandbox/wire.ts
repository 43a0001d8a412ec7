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
