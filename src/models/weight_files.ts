/**
 * Weights in files: where each tensor lies, and reading them into floats.
 *
 * Files are read by ranges, piece by piece, each straight to its place: all that is held is the
 * floats themselves and one piece. Deno maps files into memory by FFI only; a map of 16-bit or
 * quantized weights would have to be copied to floats anyway.
 *
 * @module
 */

import type { ModelConfig } from "./config.ts";
import { type GgufHeader, parseGguf, storedBytes, type Take } from "./gguf.ts";
import { headerLength, LENGTH_BYTES, parsedHeader } from "./safetensors.ts";
import type { TensorType } from "./tensor_types.ts";
import { checkNames, elementCount, type NamedTensors, weightShapes } from "./weights.ts";

/** A tensor that lies in a file. */
export interface StoredTensor {
  readonly path: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Where its bytes begin in the file. */
  readonly offset: number;
  /** Heads whose rows lie interleaved, as `llama` GGUF has them for its rotation; absent where none do. */
  readonly interleavedHeads?: number;
}

/** Tensors in files, by name. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** Most bytes of weights read at once. */
const PIECE_BYTES = 4 << 20;

/** Bytes of a header read at once. */
const BUFFER_BYTES = 1 << 20;

/**
 * The tensors of a safetensors file.
 *
 * @throws {SyntaxError} If the file is none, or is cut short.
 */
export async function storedSafetensors(path: string): Promise<StoredTensors> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const length = headerLength(await nextBytes(file, Math.min(LENGTH_BYTES, size)), size);
  const header = parsedHeader(await nextBytes(file, length), size - LENGTH_BYTES - length);
  return new Map(
    Array.from(header, ([name, entry]) => {
      return [name, { ...entry, path, offset: LENGTH_BYTES + length + entry.offset }];
    }),
  );
}

/**
 * The header of a GGUF file.
 *
 * @throws {SyntaxError} If the file is none, or is cut short.
 */
export function ggufHeader(path: string): GgufHeader {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  const header = parseGguf(taker(file, size));
  for (const [name, tensor] of header.tensors) {
    const end = tensor.offset + storedBytes(tensor);
    if (end > size) {
      throw new SyntaxError(
        `Cannot read tensor "${name}" as the file must hold all of it: it is cut short at ${size} of ${end} bytes`,
      );
    }
  }
  return header;
}

/** The file's next bytes, from a buffer, as a header is read in many small steps. */
function taker(file: Deno.FsFile, size: number): Take {
  let buffer = new Uint8Array(0);
  let left = size;
  return (count) => {
    if (count > buffer.length + left) {
      throw new SyntaxError(
        `Cannot read GGUF as the file must hold its whole header: it is cut short at ${size} bytes`,
      );
    }
    if (count > buffer.length) {
      const more = Math.min(left, Math.max(count - buffer.length, BUFFER_BYTES));
      const grown = new Uint8Array(buffer.length + more);
      grown.set(buffer);
      for (let at = buffer.length; at < grown.length;) {
        at += file.readSync(grown.subarray(at)) ?? grown.length;
      }
      buffer = grown;
      left -= more;
    }
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return taken;
  };
}

/**
 * The stored tensors that a model's weights are; a last layer beside a tied embedding, and tables of
 * rotations, are left out, as old checkpoints have them.
 *
 * @throws {TypeError} If another tensor is missing, of another shape or unknown to the model.
 */
export function weightsAmong(config: ModelConfig, tensors: StoredTensors): StoredTensors {
  const needed = new Map(
    [...tensors].filter(([name]) =>
      !(config.tiesEmbeddings && name === "lm_head.weight") &&
      !name.endsWith(".rotary_emb.inv_freq")
    ),
  );
  const shapes = weightShapes(config);
  checkNames(shapes, needed);
  return new Map(Array.from(shapes.keys(), (name) => [name, needed.get(name)!]));
}

/** Reads tensors, each into its own floats. */
export async function readTensors(tensors: StoredTensors): Promise<NamedTensors> {
  const read = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, tensor] of tensors) {
    read.set(name, { shape: tensor.shape, data: await readTensor(tensor) });
  }
  return read;
}

/** Reads one tensor. */
export async function readTensor(tensor: StoredTensor): Promise<Float32Array> {
  const { path, type, shape, offset, interleavedHeads } = tensor;
  const data = new Float32Array(elementCount(shape));
  using file = await Deno.open(path);
  await file.seek(offset, Deno.SeekMode.Start);
  const blocks = Math.floor(PIECE_BYTES / type.blockBytes);
  const step = blocks * type.blockSize;
  const piece = new Uint8Array(Math.min(storedBytes(tensor), blocks * type.blockBytes));
  for (let from = 0; from < data.length; from += step) {
    const floats = data.subarray(from, from + step);
    const bytes = piece.subarray(0, floats.length / type.blockSize * type.blockBytes);
    await fill(file, bytes, path);
    type.widen(bytes, floats);
  }
  return interleavedHeads ? deinterleaved(data, interleavedHeads, shape) : data;
}

/**
 * Rows of each head in the order of Hugging Face: those that a rotation turns together lie half a
 * head apart, where llama.cpp has them side by side.
 */
function deinterleaved(
  data: Float32Array,
  heads: number,
  [rows, columns]: readonly number[],
): Float32Array {
  const result = new Float32Array(data.length);
  const half = rows / heads / 2;
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)];
    const to = head * 2 * half + (within % 2) * half + (within >> 1);
    result.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return result;
}

async function nextBytes(file: Deno.FsFile, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  await fill(file, bytes, "header");
  return bytes;
}

async function fill(file: Deno.FsFile, bytes: Uint8Array, path: string): Promise<void> {
  for (let filled = 0; filled < bytes.length;) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) {
      throw new Error(
        `Cannot read weights as their file must stay as it was: it ended early: ${path}`,
      );
    }
    filled += count;
  }
}
