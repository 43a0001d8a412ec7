import assert from "finestep/assert";
import fc from "fast-check";
import {
  minimumDetectableEffect,
  questionsNeeded,
  seedsNeeded,
} from "../../../src/evaluation/statistics.ts";
import { assertClose, CASES } from "./golden.ts";

Deno.test("minimumDetectableEffect() is about 4.0 points on mini-dev and 2.3 on dev", () => {
  assert.equal((100 * minimumDetectableEffect(500, 0.1)!).toFixed(1), "4.0");
  assert.equal((100 * minimumDetectableEffect(1534, 0.1)!).toFixed(1), "2.3");
});

Deno.test("minimumDetectableEffect() agrees with statsmodels", () => {
  for (const { n, discordance, effect, ...options } of CASES.effects) {
    assertClose(minimumDetectableEffect(n, discordance, options)!, effect);
  }
});

Deno.test("minimumDetectableEffect() is null where no discordance that small would be found", () => {
  assert.equal(minimumDetectableEffect(20, 0.1), null);
});

Deno.test("questionsNeeded() finds the detectable effect with the same questions", () => {
  const options = fc.record({
    alpha: fc.double({ min: 0.001, max: 0.2, noNaN: true }),
    power: fc.double({ min: 0.5, max: 0.99, noNaN: true }),
  });
  const discordances = fc.double({ min: 0.01, max: 1, noNaN: true });
  fc.assert(fc.property(fc.integer({ min: 2, max: 5000 }), discordances, options, (n, d, o) => {
    const effect = minimumDetectableEffect(n, d, o);
    if (effect === null) return;
    // Rounding up must not count a rounding error as a question.
    assert.equal(questionsNeeded(Math.min(d, effect * (1 + 1e-9)), d, o), n);
  }));
});

Deno.test("questionsNeeded() does not look at the sign of the effect", () => {
  assert.equal(questionsNeeded(-0.03, 0.1), questionsNeeded(0.03, 0.1));
});

Deno.test("seedsNeeded() is at most one seed from the noncentral t", () => {
  for (const { sd, seeds, ...options } of CASES.seeds) {
    const found = seedsNeeded(1, sd, options);
    assert(Math.abs(found - seeds) <= 1, `${found} is not ${seeds} for sd ${sd}`);
  }
});

Deno.test("seedsNeeded() is at least two, and answers for hopeless effects too", () => {
  assert.equal(seedsNeeded(100, 1), 2);
  assert(seedsNeeded(1e-4, 1) > 1e8);
});

Deno.test("planning refuses what cannot be", () => {
  const refused: [() => unknown, string][] = [
    [() => minimumDetectableEffect(0, 0.1), "'n' must be positive: current value is 0"],
    [() => minimumDetectableEffect(9, 0), "'discordance' must be in (0, 1]: current value is 0"],
    [() => questionsNeeded(0, 0.1), "'effect' must be positive: current value is 0"],
    [() => seedsNeeded(1, NaN), "'sd' must be positive: current value is NaN"],
    [
      () => seedsNeeded(1, 1, { alpha: 0 }),
      "alpha must be in (0, 1) and power in [0.5, 1): current values are 0 and 0.8",
    ],
    [
      () => minimumDetectableEffect(9, 0.1, { power: 0.4 }),
      "alpha must be in (0, 1) and power in [0.5, 1): current values are 0.05 and 0.4",
    ],
  ];
  for (const [call, message] of refused) {
    assert.throws(call, { name: "RangeError", message: `Cannot plan a comparison as ${message}` });
  }
  assert.throws(() => questionsNeeded(0.2, 0.1), {
    name: "RangeError",
    message: "Cannot count questions as the effect must be at most the discordance: " +
      "current values are 0.2 and 0.1",
  });
});
