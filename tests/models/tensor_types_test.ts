import assert from "finestep/assert";
import { GGUF_TYPES } from "../../src/models/tensor_types.ts";
import golden from "../../fixtures/golden/gguf/types.json" with { type: "json" };

// fixtures/golden/gguf/make.py: gguf.quants.dequantize(data, kind)
for (const [name, { number, bytes, floats }] of Object.entries(golden)) {
  Deno.test(`${name} is widened to the bits that the gguf package has`, () => {
    const type = GGUF_TYPES.get(number)!;
    assert.equal(type.name, name);
    const expected = new Float32Array(Uint8Array.fromBase64(floats).buffer);
    const widened = new Float32Array(expected.length);
    type.widen(Uint8Array.fromBase64(bytes), widened);
    assert.deepEqual(widened, expected);
    const blocks = expected.length / type.blockSize;
    assert.equal(Uint8Array.fromBase64(bytes).length, blocks * type.blockBytes);
  });
}

Deno.test("GGUF_TYPES has a golden case for each type", () => {
  const names = [...GGUF_TYPES.values()].map(({ name }) => name);
  assert.deepEqual(names.sort(), Object.keys(golden).sort());
});
