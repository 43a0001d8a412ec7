/**
 * The safetensors file format: an 8-byte length, a JSON header, then the tensors' bytes.
 *
 * Written as F32; read from F32, F16 and BF16, as published checkpoints have them.
 *
 * @module
 */

import { z } from "zod";
import { elementCount, type NamedTensors } from "./weights.ts";

const ENTRY = z.object({
  dtype: z.enum(["F32", "F16", "BF16"]),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});

/** Bytes before the header. */
const LENGTH_BYTES = 8;

/** The tensors' bytes begin at a multiple of this. */
const ALIGNMENT = 8;

type Entry = z.infer<typeof ENTRY>;

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
  const bytes = new Uint8Array(LENGTH_BYTES + headerSize + position);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerSize), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerSize);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerSize;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * The tensors of a safetensors file, as float arrays.
 *
 * @throws {SyntaxError} If the bytes are not such a file, or a tensor's type is not a float of 32 or 16 bits.
 */
export function decodeSafetensors(bytes: Uint8Array): NamedTensors {
  const { header, dataStart } = parsedHeader(bytes);
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== "__metadata__")
      .map(([name, value]) => {
        const entry = checkedEntry(name, value, bytes.length - dataStart);
        const [from, to] = entry.data_offsets;
        const data = floats(bytes.slice(dataStart + from, dataStart + to), entry.dtype);
        return [name, { shape: entry.shape, data }];
      }),
  );
}

function parsedHeader(bytes: Uint8Array) {
  const refuse = (why: string) =>
    new SyntaxError(`Cannot read safetensors as they must begin with a JSON header: ${why}`);
  if (bytes.length < LENGTH_BYTES) throw refuse(`there are only ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  if (dataStart > bytes.length) {
    throw refuse(`it would end at ${dataStart} of ${bytes.length} bytes`);
  }
  const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, dataStart));
  try {
    const header: unknown = JSON.parse(text);
    if (typeof header === "object" && header !== null) return { header, dataStart };
  } catch (error) {
    throw refuse(String(error));
  }
  throw refuse(`it is ${text.slice(0, 60)}`);
}

const ELEMENT_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;

function checkedEntry(name: string, value: unknown, available: number): Entry {
  const parsed = ENTRY.safeParse(value);
  if (!parsed.success) {
    throw new SyntaxError(
      `Cannot read tensor "${name}" as it must be F32, F16 or BF16 with shape and offsets: ${
        JSON.stringify(value)
      }`,
    );
  }
  const { data_offsets: [from, to], shape, dtype } = parsed.data;
  if (to > available || to - from !== elementCount(shape) * ELEMENT_BYTES[dtype]) {
    throw new SyntaxError(
      `Cannot read tensor "${name}" as its bytes must fit shape [${shape}] and the file: they are ${from} to ${to} of ${available}`,
    );
  }
  return parsed.data;
}

/** @param bytes A copy, so that its buffer begins with them. */
function floats(bytes: Uint8Array<ArrayBuffer>, dtype: Entry["dtype"]): Float32Array {
  if (dtype === "F32") return new Float32Array(bytes.buffer);
  if (dtype === "F16") return Float32Array.from(new Float16Array(bytes.buffer));
  // BF16 is the upper half of F32.
  const bits = Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half << 16);
  return new Float32Array(bits.buffer);
}
