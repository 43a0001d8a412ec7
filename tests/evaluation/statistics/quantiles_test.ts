import assert from "finestep/assert";
import { normalQuantile, studentQuantile } from "../../../src/evaluation/statistics/quantiles.ts";
import { assertClose, CASES } from "./golden.ts";

Deno.test("normalQuantile() agrees with scipy", () => {
  for (const [p, quantile] of CASES.normal) assertClose(normalQuantile(p), quantile);
});

Deno.test("studentQuantile() agrees with scipy for 1 to 200 degrees of freedom", () => {
  const { probabilities, rows } = CASES.student;
  rows.forEach((quantiles, row) =>
    quantiles.forEach((quantile, column) => {
      const found = studentQuantile(probabilities[column], row + 1);
      assertClose(found, quantile, 1e-9 * Math.max(1, Math.abs(quantile)));
    })
  );
});

Deno.test("studentQuantile() with one degree of freedom is Cauchy's, tan(pi (p - 1/2))", () => {
  assertClose(studentQuantile(0.75, 1), 1, 1e-15);
  assertClose(studentQuantile(0.975, 1), Math.tan(Math.PI * 0.475), 1e-12);
});

Deno.test("studentQuantile() with two is (2 p - 1) / sqrt(2 p (1 - p))", () => {
  for (const p of [0.1, 0.6, 0.975]) {
    assertClose(studentQuantile(p, 2), (2 * p - 1) / Math.sqrt(2 * p * (1 - p)), 1e-12);
  }
});

Deno.test("studentQuantile() comes down to the normal quantile", () => {
  assertClose(studentQuantile(0.975, 100_000), normalQuantile(0.975), 1e-4);
});

Deno.test("quantiles are 0 at one half", () => {
  assertClose(normalQuantile(0.5), 0, 1e-300);
  assertClose(studentQuantile(0.5, 3), 0, 1e-300);
});

Deno.test("quantiles refuse what is no probability, and no degrees of freedom", () => {
  for (const p of [0, 1, -0.1, NaN]) {
    const message = "Cannot compute a quantile as its probability must be between 0 and 1: " +
      `current value is ${p}`;
    assert.throws(() => normalQuantile(p), { name: "RangeError", message });
    assert.throws(() => studentQuantile(p, 3), { name: "RangeError", message });
  }
  for (const degrees of [0, 1.5, NaN]) {
    assert.throws(() => studentQuantile(0.5, degrees), {
      name: "RangeError",
      message: "Cannot compute a quantile of Student's t as its degrees of freedom must be a " +
        `positive integer: current value is ${degrees}`,
    });
  }
});
