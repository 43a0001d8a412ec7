/**
 * Reads Protocol Buffers, as far as the Tinker API's answers need it: numbers, bytes, and messages in
 * messages (protobuf.dev/programming-guides/encoding). The writer is that of ONNX files.
 *
 * @module
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const DECODER = new TextDecoder();

/**
 * The fields of a message; those that are missing have their type's default.
 *
 * @example A message in a message
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytesField, integerField } from "../../models/graph/protobuf.ts";
 * import { Fields } from "./protobuf_fields.ts";
 *
 * const fields = new Fields(bytesField(2, integerField(1, 300)));
 * assert.equal(fields.messages(2)[0].integer(1), 300);
 * assert.equal(fields.text(3), "");
 * ```
 */
export class Fields {
  readonly #values = new Map<number, (number | Uint8Array)[]>();

  /** @throws {SyntaxError} If the bytes are not a message. */
  constructor(message: Uint8Array) {
    const reader = new Reader(message);
    while (!reader.isAtEnd) {
      const key = reader.varint();
      const field = Math.floor(key / 8);
      const values = this.#values.get(field) ?? [];
      values.push(reader.value(key % 8));
      this.#values.set(field, values);
    }
  }

  integer(field: number): number {
    const value = this.#last(field) ?? 0;
    if (typeof value === "number") return value;
    throw new SyntaxError(`Cannot read a message as field ${field} must be a number: it is bytes`);
  }

  text(field: number): string {
    return DECODER.decode(this.bytes(field) ?? new Uint8Array());
  }

  bytes(field: number): Uint8Array | null {
    const value = this.#last(field) ?? null;
    if (typeof value !== "number") return value;
    throw new SyntaxError(`Cannot read a message as field ${field} must be bytes: it is a number`);
  }

  messages(field: number): Fields[] {
    return (this.#values.get(field) ?? []).map((value) => {
      if (typeof value !== "number") return new Fields(value);
      throw new SyntaxError(
        `Cannot read a message as field ${field} must be a message: it is a number`,
      );
    });
  }

  /** The messages of a map by their keys. */
  map(field: number): Map<string, Fields> {
    return new Map(this.messages(field).map((entry) => [entry.text(1), entry]));
  }

  #last(field: number): number | Uint8Array | undefined {
    return this.#values.get(field)?.at(-1);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  varint(): number {
    let [value, scale] = [0, 1];
    while (true) {
      const byte = this.#take(1)[0];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  value(type: number): number | Uint8Array {
    switch (type) {
      case VARINT:
        return this.varint();
      case FIXED64:
        return this.#take(8);
      case FIXED32:
        return this.#take(4);
      case BYTES:
        return this.#take(this.varint());
      default:
        throw new SyntaxError(`Cannot read a message as its wire types must be known: ${type}`);
    }
  }

  #take(count: number): Uint8Array {
    const end = this.#offset + count;
    if (end > this.#bytes.length) {
      throw new SyntaxError(
        `Cannot read a message as it must be whole: it ends at ${this.#bytes.length} of ${end} bytes`,
      );
    }
    const result = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return result;
  }
}
