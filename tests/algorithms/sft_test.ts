import assert from "finestep/assert";
import { countTotals } from "../../src/algorithms/aggregation.ts";
import { negativeLogLikelihood, SFT } from "../../src/algorithms/sft.ts";
import { scoredGroup } from "../credit/groups.ts";
import { batchOf, microBatch } from "./batches.ts";

const batch = batchOf({
  sampledLogprobs: [[0, 0, 0], [0]],
  mask: [[0, 1, 1], [1]],
  advantages: [[9, 9, 9], [9]],
});
const logprobs = Float64Array.of(-7, -1, -2, -3);

Deno.test("negativeLogLikelihood() is the mean over chosen tokens, whatever their advantage", () => {
  const { loss, gradient } = negativeLogLikelihood(logprobs, batch);
  assert.ok(Math.abs(loss - 2) < 1e-15);
  assert.deepEqual(gradient, Float64Array.of(0, -1 / 3, -1 / 3, -1 / 3));
});

Deno.test("negativeLogLikelihood() of micro-batches adds up", () => {
  const totals = countTotals(batch);
  const first = negativeLogLikelihood(logprobs.slice(0, 3), microBatch(batch, 0, 1), totals);
  const second = negativeLogLikelihood(logprobs.slice(3), microBatch(batch, 1, 2), totals);
  assert.ok(Math.abs(first.loss + second.loss - 2) < 1e-15);
});

Deno.test("SFT gives every step the advantage 1 and keeps every group", () => {
  const group = scoredGroup([{ outcome: 0, process: [0, 0] }]);
  assert.deepEqual(SFT.advantages(group), [Float64Array.of(1, 1)]);
  assert.equal(SFT.keeps(group), true);
});
