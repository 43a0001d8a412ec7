import assert from "finestep/assert";
import fc from "fast-check";
import { holm } from "../../../src/evaluation/statistics.ts";
import { assertClose, CASES } from "./golden.ts";

Deno.test("holm() agrees with statsmodels", () => {
  for (const { pValues, adjusted } of CASES.holm) {
    const found = holm(pValues);
    assert.equal(found.length, adjusted.length);
    found.forEach((p, index) => assertClose(p, adjusted[index]));
  }
});

Deno.test("holm() of no tests is none", () => {
  assert.deepEqual(holm([]), []);
});

const P_VALUES = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

Deno.test("holm() lowers no p-value, keeps their order, and stays in [0, 1]", () => {
  fc.assert(fc.property(P_VALUES, (pValues) => {
    const adjusted = holm(pValues);
    for (const [i, p] of pValues.entries()) {
      assert(p <= adjusted[i] && adjusted[i] <= 1);
      for (const [j, q] of pValues.entries()) {
        if (p <= q) assert(adjusted[i] <= adjusted[j]);
      }
    }
  }));
});

Deno.test("holm() does not depend on the order of the tests", () => {
  fc.assert(fc.property(P_VALUES, (pValues) => {
    assert.deepEqual(holm(pValues.toReversed()), holm(pValues).toReversed());
  }));
});

Deno.test("holm() refuses what is no p-value", () => {
  for (const p of [-0.1, 1.1, NaN]) {
    assert.throws(() => holm([0.5, p]), {
      name: "RangeError",
      message: `Cannot adjust p-values as each must be in [0, 1]: one is ${p}`,
    });
  }
});
