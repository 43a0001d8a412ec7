/**
 * How numbers lie in files of weights, and their widening to 32-bit floats: the floats of safetensors
 * and GGUF, and the block quantizations of ggml (`ggml-quants.c`; `gguf/quants.py` gives the same bits).
 *
 * A quantized block holds 32 or 256 numbers as small integers, with scales that they share.
 *
 * @module
 */

/** A number format. */
export interface TensorType {
  /** As safetensors and ggml call it. */
  readonly name: string;
  /** Numbers in a block; 1 where each stands alone. */
  readonly blockSize: number;
  /** Bytes of a block. */
  readonly blockBytes: number;
  /**
   * Widens whole blocks.
   *
   * @param bytes Begins at a multiple of 4 of its buffer.
   * @param out As many floats as the blocks hold.
   */
  readonly widen: (bytes: Uint8Array, out: Float32Array) => void;
}

const F32: TensorType = {
  name: "F32",
  blockSize: 1,
  blockBytes: 4,
  widen: (bytes, out) => out.set(new Float32Array(bytes.buffer, bytes.byteOffset, out.length)),
};

const F16: TensorType = {
  name: "F16",
  blockSize: 1,
  blockBytes: 2,
  widen: (bytes, out) => {
    const halves = new Float16Array(bytes.buffer, bytes.byteOffset, out.length);
    for (let i = 0; i < out.length; i++) out[i] = halves[i];
  },
};

const BF16: TensorType = {
  name: "BF16",
  blockSize: 1,
  blockBytes: 2,
  widen: (bytes, out) => {
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, out.length);
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    // BF16 is the upper half of F32.
    for (let i = 0; i < out.length; i++) bits[i] = halves[i] << 16;
  },
};

/** Bytes as they are and as wider numbers; indexing the first is the faster way to single bytes. */
interface Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Widens the block that begins at a byte to the floats that begin at an index. */
type WidenBlock = (from: Bytes, at: number, out: Float32Array, to: number) => void;

function quantized(
  name: string,
  blockSize: number,
  blockBytes: number,
  widenBlock: WidenBlock,
): TensorType {
  return {
    name,
    blockSize,
    blockBytes,
    widen: (bytes, out) => {
      const from = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
      for (let at = 0, to = 0; to < out.length; at += blockBytes, to += blockSize) {
        widenBlock(from, at, out, to);
      }
    },
  };
}

const Q8_0 = quantized("Q8_0", 32, 34, ({ view }, at, out, to) => {
  const scale = view.getFloat16(at, true);
  for (let i = 0; i < 32; i++) out[to + i] = scale * view.getInt8(at + 2 + i);
});

// The first 16 numbers are the low halves of 16 bytes, the other 16 the high halves.
const Q4_0 = quantized("Q4_0", 32, 18, ({ bytes, view }, at, out, to) => {
  const scale = view.getFloat16(at, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i];
    out[to + i] = scale * ((pair & 15) - 8);
    out[to + 16 + i] = scale * ((pair >> 4) - 8);
  }
});

const Q4_1 = quantized("Q4_1", 32, 20, ({ bytes, view }, at, out, to) => {
  const scale = view.getFloat16(at, true);
  const least = view.getFloat16(at + 2, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i];
    out[to + i] = scale * (pair & 15) + least;
    out[to + 16 + i] = scale * (pair >> 4) + least;
  }
});

// The fifth bits of the 32 numbers come first, as one integer.
const Q5_0 = quantized("Q5_0", 32, 22, ({ bytes, view }, at, out, to) => {
  const scale = view.getFloat16(at, true);
  const fifth = view.getUint32(at + 2, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i];
    out[to + i] = scale * ((pair & 15 | (fifth >>> i & 1) << 4) - 16);
    out[to + 16 + i] = scale * ((pair >> 4 | (fifth >>> i + 16 & 1) << 4) - 16);
  }
});

/** Scale and least value of group `j` of 8, in 6 bits each, packed in 12 bytes. */
function groupScales(bytes: Uint8Array, at: number, j: number): [scale: number, least: number] {
  const byte = (i: number) => bytes[at + i];
  if (j < 4) return [byte(j) & 63, byte(j + 4) & 63];
  return [
    byte(j + 4) & 15 | byte(j - 4) >> 6 << 4,
    byte(j + 4) >> 4 | byte(j) >> 6 << 4,
  ];
}

// Pairs of groups of 32 share 32 bytes: one has the low halves, the next the high halves.
const Q4_K = quantized("Q4_K", 256, 144, ({ bytes, view }, at, out, to) => {
  const scale = view.getFloat16(at, true);
  const least = view.getFloat16(at + 2, true);
  for (let group = 0; group < 8; group++) {
    const [ownScale, ownLeast] = groupScales(bytes, at + 4, group);
    const pairs = at + 16 + 32 * (group >> 1);
    const shift = 4 * (group & 1);
    for (let i = 0; i < 32; i++) {
      const q = bytes[pairs + i] >> shift & 15;
      out[to + 32 * group + i] = scale * ownScale * q - least * ownLeast;
    }
  }
});

// Low 4 bits in 128 bytes, high 2 bits in 64, then a scale for each 16 numbers, then the scale of all.
const Q6_K = quantized("Q6_K", 256, 210, ({ bytes, view }, at, out, to) => {
  const scale = view.getFloat16(at + 208, true);
  for (let group = 0; group < 8; group++) {
    const [half, part] = [group >> 2, group & 3];
    const low = at + 64 * half + 32 * (part & 1);
    const high = at + 128 + 32 * half;
    for (let i = 0; i < 32; i++) {
      const q = bytes[low + i] >> 4 * (part >> 1) & 15 | (bytes[high + i] >> 2 * part & 3) << 4;
      out[to + 32 * group + i] = scale * view.getInt8(at + 192 + 2 * group + (i >> 4)) * (q - 32);
    }
  }
});

/** The number formats of safetensors files. */
export const SAFETENSORS_TYPES: ReadonlyMap<string, TensorType> = new Map(
  [F32, F16, BF16].map((type) => [type.name, type]),
);

/** The number formats of GGUF files by ggml's number. */
export const GGUF_TYPES: ReadonlyMap<number, TensorType> = new Map([
  [0, F32],
  [1, F16],
  [2, Q4_0],
  [3, Q4_1],
  [6, Q5_0],
  [8, Q8_0],
  [12, Q4_K],
  [14, Q6_K],
  [30, BF16],
]);
