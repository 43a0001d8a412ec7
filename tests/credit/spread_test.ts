import assert from "finestep/assert";
import { tokenAdvantages } from "../../src/credit/spread.ts";

Deno.test("tokenAdvantages() gives chosen tokens their step's advantage and others 0", () => {
  const tokens = {
    stepOf: Int16Array.of(-1, 0, 0, 0, -1, 1),
    actionMask: Uint8Array.of(0, 1, 1, 0, 0, 1),
  };
  const spread = tokenAdvantages(Float64Array.of(0.5, -2), tokens);
  assert.deepEqual(spread, Float64Array.of(0, 0.5, 0.5, 0, 0, -2));
});

Deno.test("tokenAdvantages() refuses a chosen token outside the steps", () => {
  const advantages = Float64Array.of(1);
  for (const step of [-1, 1]) {
    const tokens = { stepOf: Int16Array.of(step), actionMask: Uint8Array.of(1) };
    assert.throws(() => tokenAdvantages(advantages, tokens), {
      name: "RangeError",
      message: `Cannot spread advantages as each chosen token must be in one of 1 steps: token 0 ` +
        `is of step ${step}`,
    });
  }
});
