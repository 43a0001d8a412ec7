import assert from "finestep/assert";
import fc from "fast-check";
import { Rng } from "../../src/config/rng.ts";
import { sampled } from "../../src/models/sampling.ts";

const LOGITS = fc.array(fc.float({ min: -20, max: 20, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
})
  .map((values) => Float32Array.from(values));

function logSoftmax(logits: Float32Array, temperature: number): number[] {
  const scaled = Array.from(logits, (logit) => logit / temperature);
  const total = scaled.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return scaled.map((logit) => logit - Math.log(total));
}

Deno.test("sampled() gives the logprob of its token under the tempered softmax", () => {
  const temperature = fc.constantFrom(0.3, 1, 2);
  const uniform = fc.double({ min: 0, max: 0.999999, noNaN: true });
  fc.assert(fc.property(LOGITS, temperature, uniform, (logits, temperature, uniform) => {
    const { token, logprob } = sampled(logits, { temperature, uniform });
    assert.ok(Math.abs(logprob - logSoftmax(logits, temperature)[token]) < 1e-9);
  }));
});

Deno.test("sampled() at temperature 0 takes the highest logit, with its logprob at temperature 1", () => {
  fc.assert(fc.property(LOGITS, (logits) => {
    const { token, logprob } = sampled(logits, { temperature: 0, uniform: 0.5 });
    assert.equal(logits[token], Math.max(...logits));
    assert.ok(Math.abs(logprob - logSoftmax(logits, 1)[token]) < 1e-9);
  }));
});

Deno.test("sampled() draws tokens as often as their chances say", () => {
  const logits = Float32Array.of(Math.log(0.5), Math.log(0.2), Math.log(0.3));
  const rng = new Rng(1, "sampling");
  const counts = [0, 0, 0];
  for (let i = 0; i < 20000; i++) {
    counts[sampled(logits, { temperature: 1, uniform: rng.uniform() }).token]++;
  }
  // Four standard deviations of a share of 20,000 draws are below 0.0142.
  [0.5, 0.2, 0.3].forEach((chance, v) => assert.ok(Math.abs(counts[v] / 20000 - chance) < 0.0142));
});

Deno.test("sampled() never takes a token without a chance", () => {
  const logits = Float32Array.of(-Infinity, 0, -Infinity);
  for (const uniform of [0, 0.5, 1 - 2 ** -53]) {
    assert.equal(sampled(logits, { temperature: 1, uniform }).token, 1);
  }
});

Deno.test("sampled() refuses logits that are not numbers and negative temperatures", () => {
  const choice = { temperature: 1, uniform: 0.5 };
  assert.throws(() => sampled(Float32Array.of(0, NaN), choice), /all logits must be finite/);
  assert.throws(() => sampled(Float32Array.of(0), { ...choice, temperature: -1 }), RangeError);
});
