/**
 * The GGUF file format, versions 2 and 3, little-endian: metadata by name, then what tensors there
 * are, then their bytes (ggml's docs/gguf.md).
 *
 * @module
 */

import { GGUF_TYPES, type TensorType } from "./tensor_types.ts";
import { elementCount } from "./weights.ts";

/** A value of the metadata. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** What a file says of itself. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** A tensor of a file. */
export interface GgufTensor {
  readonly type: TensorType;
  /** Outermost dimension first, unlike in the file. */
  readonly shape: readonly number[];
  /** Where its bytes begin in the file. */
  readonly offset: number;
}

/** The next bytes of a file. Throws where there are not as many. */
export type Take = (count: number) => Uint8Array;

const MAGIC = 0x46554747; // "GGUF"
const DEFAULT_ALIGNMENT = 32;
const MAX_DIMENSIONS = 4;
const STRING = 8;
const ARRAY = 9;

/** How values of each type but strings and arrays are read, with their bytes. */
const SCALARS:
  readonly (readonly [number, (view: DataView) => number | bigint | boolean] | null)[] = [
    [1, (view) => view.getUint8(0)],
    [1, (view) => view.getInt8(0)],
    [2, (view) => view.getUint16(0, true)],
    [2, (view) => view.getInt16(0, true)],
    [4, (view) => view.getUint32(0, true)],
    [4, (view) => view.getInt32(0, true)],
    [4, (view) => view.getFloat32(0, true)],
    [1, (view) => view.getUint8(0) !== 0],
    null,
    null,
    [8, (view) => view.getBigUint64(0, true)],
    [8, (view) => view.getBigInt64(0, true)],
    [8, (view) => view.getFloat64(0, true)],
  ];

/**
 * Reads all but the tensors' bytes.
 *
 * @throws {SyntaxError} If it is no such file, or a tensor's type is not read; each by name.
 */
export function parseGguf(take: Take): GgufHeader {
  const reader = new Reader(take);
  checkStart(reader);
  const tensorCount = reader.count();
  const valueCount = reader.count();
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < valueCount; i++) metadata.set(reader.text(), reader.value(reader.uint32()));
  const listed = Array.from(counted(tensorCount), () => tensorInfo(reader));
  const alignment = Number(metadata.get("general.alignment") ?? DEFAULT_ALIGNMENT);
  const dataStart = Math.ceil(reader.position / alignment) * alignment;
  return {
    metadata,
    tensors: new Map(
      listed.map(({ name, offset, ...rest }) => [name, { ...rest, offset: dataStart + offset }]),
    ),
  };
}

function checkStart(reader: Reader): void {
  if (reader.uint32() !== MAGIC) {
    throw new SyntaxError(`Cannot read GGUF as a file must begin with "GGUF": it does not`);
  }
  const version = reader.uint32();
  if (version !== 2 && version !== 3) {
    throw new SyntaxError(
      `Cannot read GGUF as its version must be 2 or 3, little-endian: it is ${version}`,
    );
  }
}

function tensorInfo(reader: Reader): GgufTensor & { readonly name: string } {
  const name = reader.text();
  const refuse = (why: string) => new SyntaxError(`Cannot read tensor "${name}" as ${why}`);
  const dimensions = reader.uint32();
  if (dimensions > MAX_DIMENSIONS) {
    throw refuse(`it must have at most ${MAX_DIMENSIONS} dimensions: it has ${dimensions}`);
  }
  const shape = Array.from({ length: dimensions }, () => reader.count()).reverse();
  const number = reader.uint32();
  const type = GGUF_TYPES.get(number);
  if (!type) {
    const known = [...GGUF_TYPES.values()].map(({ name }) => name).join(", ");
    throw refuse(`its type must be ${known}: it is ggml's type ${number}`);
  }
  if ((shape.at(-1) ?? 1) % type.blockSize !== 0) {
    throw refuse(`its rows must be whole blocks of ${type.blockSize}: its shape is [${shape}]`);
  }
  return { name, type, shape, offset: reader.count() };
}

/** Bytes of a tensor in its file. */
export function storedBytes(
  { type, shape }: { readonly type: TensorType; readonly shape: readonly number[] },
): number {
  return elementCount(shape) / type.blockSize * type.blockBytes;
}

function* counted(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

/** Reads values one after the other. */
class Reader {
  readonly #take: Take;
  readonly #decoder = new TextDecoder();
  position = 0;

  constructor(take: Take) {
    this.#take = take;
  }

  #bytes(count: number): Uint8Array {
    this.position += count;
    return this.#take(count);
  }

  #view(count: number): DataView {
    const bytes = this.#bytes(count);
    return new DataView(bytes.buffer, bytes.byteOffset, count);
  }

  uint32(): number {
    return this.#view(4).getUint32(0, true);
  }

  /** Counts beyond 2^53 are no counts; taking as many bytes then fails. */
  count(): number {
    return Number(this.#view(8).getBigUint64(0, true));
  }

  text(): string {
    return this.#decoder.decode(this.#bytes(this.count()));
  }

  value(type: number): GgufValue {
    if (type === STRING) return this.text();
    if (type === ARRAY) {
      const inner = this.uint32();
      // Grown one by one: a broken length meets the end of the file, not the end of memory.
      return Array.from(counted(this.count()), () => this.value(inner));
    }
    const scalar = SCALARS[type];
    if (!scalar) {
      throw new SyntaxError(`Cannot read GGUF as its values must be of a known type: ${type}`);
    }
    const [bytes, read] = scalar;
    return read(this.#view(bytes));
  }
}
