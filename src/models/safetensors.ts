/**
 * The safetensors file format: an 8-byte length, a JSON header, then the tensors' bytes.
 *
 * Written as F32; read from F32, F16 and BF16, as published checkpoints have them.
 *
 * @module
 */

import { z } from "zod";
import { SAFETENSORS_TYPES, type TensorType } from "./tensor_types.ts";
import { elementCount, type NamedTensors } from "./weights.ts";

const ENTRY = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/** Bytes before the header; they hold its length. */
export const LENGTH_BYTES = 8;

/** The longest header that the format's own library takes. */
const MAX_HEADER_BYTES = 100_000_000;

/** The tensors' bytes begin at a multiple of this. */
const ALIGNMENT = 8;

/** A tensor of a file, by its header. */
export interface HeaderEntry {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Where its bytes begin, after the header. */
  readonly offset: number;
}

/**
 * Tensors as the bytes of a safetensors file.
 *
 * @example Written and read back
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
 *
 * const tensors = new Map([["a", { shape: [2, 1], data: Float32Array.of(1, 2) }]]);
 * assert.deepEqual(decodeSafetensors(encodeSafetensors(tensors)), tensors);
 * ```
 *
 * @param metadata Texts to keep beside the tensors.
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = [...safetensorsPieces(tensors, metadata)];
  const bytes = new Uint8Array(pieces.reduce((all, piece) => all + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The bytes of a safetensors file one after the other: the header, then each tensor's own memory. */
export function* safetensorsPieces(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  let position = 0;
  const entries = Array.from(tensors, ([name, { shape, data }]) => {
    const offsets = [position, position += data.byteLength];
    return [name, { dtype: "F32", shape, data_offsets: offsets }] as const;
  });
  // Unlike an assignment, fromEntries() takes "__proto__" for a name like any other.
  const header = Object.fromEntries([
    ["__metadata__", { format: "pt", ...metadata }] as const,
    ...entries,
  ]);
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerSize = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + headerSize).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerSize), true);
  bytes.set(json, LENGTH_BYTES);
  yield bytes;
  for (const { data } of tensors.values()) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/**
 * The tensors of a safetensors file, as float arrays.
 *
 * @throws {SyntaxError} If the bytes are not such a file, are cut short, or a tensor's type is not a
 * float of 32 or 16 bits.
 */
export function decodeSafetensors(bytes: Uint8Array): NamedTensors {
  const dataStart = LENGTH_BYTES + headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length);
  const header = parsedHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length - dataStart);
  return new Map(
    Array.from(header, ([name, { type, shape, offset }]) => {
      const data = new Float32Array(elementCount(shape));
      const from = dataStart + offset;
      // A copy begins where floats may begin.
      type.widen(bytes.slice(from, from + data.length * type.blockBytes), data);
      return [name, { shape, data }];
    }),
  );
}

/**
 * Length of the header, from the bytes before it.
 *
 * @throws {SyntaxError} If the file is too short for it.
 */
export function headerLength(start: Uint8Array, fileBytes: number): number {
  if (start.length < LENGTH_BYTES) throw noHeader(`there are only ${fileBytes} bytes`);
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  const length = Number(view.getBigUint64(0, true));
  if (LENGTH_BYTES + length > fileBytes) {
    throw noHeader(`it would end at ${LENGTH_BYTES + length} of ${fileBytes} bytes`);
  }
  if (length > MAX_HEADER_BYTES) throw noHeader(`it would have ${length} bytes`);
  return length;
}

function noHeader(why: string): SyntaxError {
  return new SyntaxError(`Cannot read safetensors as they must begin with a JSON header: ${why}`);
}

/**
 * What a header says, checked against the number of bytes that follow it.
 *
 * @throws {SyntaxError} If it is no header, names a type that is not read, or bytes are missing.
 */
export function parsedHeader(json: Uint8Array, available: number): Map<string, HeaderEntry> {
  const text = new TextDecoder().decode(json);
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw noHeader(String(error));
  }
  if (typeof header !== "object" || header === null) throw noHeader(`it is ${text.slice(0, 60)}`);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => [name, checkedEntry(name, value)] as const)
    .sort(([, a], [, b]) => a.offset - b.offset);
  checkSpans(entries, available);
  return new Map(entries);
}

function checkedEntry(name: string, value: unknown): HeaderEntry & { readonly end: number } {
  const refuse = (rule: string) =>
    new SyntaxError(`Cannot read tensor "${name}" as ${rule}: ${JSON.stringify(value)}`);
  const parsed = ENTRY.safeParse(value);
  if (!parsed.success) throw refuse("it must have a type, a shape and offsets");
  const { dtype, shape, data_offsets: [offset, end] } = parsed.data;
  const type = SAFETENSORS_TYPES.get(dtype);
  if (!type) throw refuse(`its type must be ${[...SAFETENSORS_TYPES.keys()].join(", ")}`);
  if (end - offset !== elementCount(shape) * type.blockBytes) {
    throw refuse("its bytes must fit its shape");
  }
  return { type, shape, offset, end };
}

/** The format wants tensors to lie one after the other, without gaps. */
function checkSpans(
  entries: readonly (readonly [string, { readonly offset: number; readonly end: number }])[],
  available: number,
): void {
  let position = 0;
  for (const [name, { offset, end }] of entries) {
    if (end > available) {
      throw new SyntaxError(
        `Cannot read tensor "${name}" as the file must hold all of it: it is cut short at ${available} of ${
          entries.at(-1)![1].end
        } bytes of data`,
      );
    }
    if (offset !== position) {
      throw new SyntaxError(
        `Cannot read tensor "${name}" as it must begin where the one before ends: it begins at ${offset}, not ${position}`,
      );
    }
    position = end;
  }
}
