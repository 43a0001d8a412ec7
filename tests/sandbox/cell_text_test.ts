import assert from "finestep/assert";
import { cellText } from "../../src/sandbox/cell_text.ts";

Deno.test("cellText() shows what kind of value a cell holds", () => {
  assert.deepEqual(
    [1n, 1, -0, 1.5, 1e21, -1e-7, Infinity, -Infinity, null, "", "1", Uint8Array.of(0, 255)]
      .map(cellText),
    ["1", "1.0", "0.0", "1.5", "1e+21", "-1e-7", "Inf", "-Inf", "NULL", "", "1", "x'00ff'"],
  );
});

Deno.test("cellText() shows all digits of an integer", () => {
  assert.equal(cellText(-9223372036854775808n), "-9223372036854775808");
});
