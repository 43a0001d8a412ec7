import assert from "finestep/assert";
import fc from "fast-check";
import { decodeSafetensors, encodeSafetensors } from "../../src/models/safetensors.ts";

/** A file with one tensor of a type that we do not write. */
function fileWith(dtype: string, shape: number[], data: Uint8Array): Uint8Array {
  return fileOf({ a: { dtype, shape, data_offsets: [0, data.length] } }, data);
}

function fileOf(entries: Record<string, unknown>, data: Uint8Array): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(entries));
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}

Deno.test("decodeSafetensors() gives back every bit of what encodeSafetensors() wrote", () => {
  const tensor = fc.float32Array().map((data) => ({ shape: [data.length], data }));
  const tensors = fc.dictionary(fc.string().filter((name) => name !== "__metadata__"), tensor);
  fc.assert(fc.property(tensors, (record) => {
    const given = new Map(Object.entries(record));
    assert.deepEqual(decodeSafetensors(encodeSafetensors(given, { format: "pt" })), given);
  }));
});

Deno.test("encodeSafetensors() takes any name of a tensor", () => {
  const given = new Map([["__proto__", { shape: [1], data: Float32Array.of(1) }]]);
  assert.deepEqual(decodeSafetensors(encodeSafetensors(given)), given);
});

Deno.test("encodeSafetensors() begins the data at a multiple of 8", () => {
  for (const name of ["a", "ab", "abc", "weight of some length"]) {
    const bytes = encodeSafetensors(new Map([[name, { shape: [1], data: Float32Array.of(1) }]]));
    assert.equal((bytes.length - 4) % 8, 0);
  }
});

Deno.test("decodeSafetensors() widens BF16 and F16", () => {
  const bf16 = new Uint8Array(Uint16Array.of(0x3f80, 0xc040).buffer);
  assert.deepEqual(
    decodeSafetensors(fileWith("BF16", [2], bf16)).get("a")!.data,
    Float32Array.of(1, -3),
  );
  const f16 = new Uint8Array(Uint16Array.of(0x3c00, 0xc200).buffer);
  assert.deepEqual(
    decodeSafetensors(fileWith("F16", [2], f16)).get("a")!.data,
    Float32Array.of(1, -3),
  );
});

Deno.test("decodeSafetensors() refuses what is cut, of another type, or no such file", () => {
  const whole = encodeSafetensors(new Map([["a", { shape: [2], data: Float32Array.of(1, 2) }]]));
  assert.throws(
    () => decodeSafetensors(whole.subarray(0, whole.length - 1)),
    /"a" as the file must hold all of it: it is cut short at 7 of 8 bytes of data$/,
  );
  assert.throws(() => decodeSafetensors(whole.subarray(0, 20)), /it would end at/);
  assert.throws(() => decodeSafetensors(new Uint8Array(3)), /only 3 bytes/);
  for (const [dtype, bytes] of [["I64", 8], ["I8", 1], ["F8_E4M3", 1]] as const) {
    assert.throws(
      () => decodeSafetensors(fileWith(dtype, [1], new Uint8Array(bytes))),
      /"a" as its type must be F32, F16, BF16: .*"dtype":/,
    );
  }
  assert.throws(
    () => decodeSafetensors(fileWith("F32", [2], new Uint8Array(4))),
    /"a" as its bytes must fit its shape/,
  );
});

Deno.test("decodeSafetensors() refuses tensors that overlap", () => {
  const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  assert.throws(
    () => decodeSafetensors(fileOf({ a: entry, b: entry }, new Uint8Array(4))),
    /"b" as it must begin where the one before ends: it begins at 0, not 4$/,
  );
});
