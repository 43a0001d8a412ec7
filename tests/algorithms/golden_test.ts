/**
 * Agreement with an independent script: fixtures/golden/policy_losses/make.py.
 *
 * @module
 */

import assert from "finestep/assert";
import golden from "../../fixtures/golden/policy_losses/cases.json" with { type: "json" };
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { SURROGATE_OPTIONS } from "../../src/algorithms/options.ts";
import { makeSurrogate } from "../../src/algorithms/surrogate.ts";
import { optionValues } from "../../src/config/option_values.ts";
import { scoredGroup } from "../credit/groups.ts";
import { batchOf, flat } from "./batches.ts";

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    assert.ok(difference <= 1e-12, `${i}: ${actual[i]}, golden ${expected[i]}`);
  }
}

for (const { name, options, ...rows } of golden.losses) {
  Deno.test(`makeSurrogate() agrees with the independent script on ${name}`, () => {
    const batch = batchOf({
      sampledLogprobs: rows.old,
      stepOf: rows.steps,
      mask: rows.steps.map((row) => row.map((step) => Number(step >= 0))),
      advantages: rows.advantages,
      referenceLogprobs: rows.reference,
    });
    const surrogate = makeSurrogate(optionValues(SURROGATE_OPTIONS, options, name));
    const { loss, gradient } = surrogate(flat(rows.now), batch);
    assertClose([loss], [rows.loss]);
    assertClose(gradient, flat(rows.gradient));
  });
}

golden.advantages.forEach(({ name, outcomes, process, advantages }, n) => {
  Deno.test(`${name}'s advantages agree with the independent script (group ${n})`, () => {
    const group = scoredGroup(outcomes.map((outcome, g) => ({ outcome, process: process[g] })));
    makeAlgorithm(name).advantages(group).forEach((steps, g) => assertClose(steps, advantages[g]));
  });
});
