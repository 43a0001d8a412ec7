/**
 * The wire format of Protocol Buffers, as far as an ONNX file needs it.
 *
 * @module
 */

const ENCODER = new TextEncoder();

/** Wire types: how the bytes after a field's key are to be read. */
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Byte strings laid end to end. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let position = 0;
  for (const part of parts) {
    result.set(part, position);
    position += part.length;
  }
  return result;
}

/** Seven bits a byte, lowest first; negative numbers in 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function key(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

/** A field holding a whole number. */
export function integerField(field: number, value: number): Uint8Array {
  return concatenated([key(field, VARINT), varint(value)]);
}

/** A field holding bytes, or a message given by its fields. */
export function bytesField(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((all, part) => all + part.length, 0);
  return concatenated([key(field, LENGTH_DELIMITED), varint(size), ...parts]);
}

/** A field holding text. */
export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, ENCODER.encode(text));
}
