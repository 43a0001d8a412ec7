import assert from "finestep/assert";
import { compareCurves } from "../../../tasks/cluster/curves.ts";
import { agreement } from "../../../tasks/cluster/side_by_side.ts";

const run = (...outcomes: number[][][]) =>
  outcomes.map((groups) => ({ loss: 0, outcomes: groups }));

Deno.test("compareCurves() gives each step's means, and what chance makes of their difference", () => {
  // Two steps of one question; outcomes vary by 1/2, 0, 0, 1/2: v = 1/4.
  const { curves, step, mean } = compareCurves(run([[0, 1]], [[1, 1]]), run([[0, 0]], [[0, 1]]));
  assert.deepEqual(curves, { server: [0.5, 1], embedded: [0, 0.5] });
  assert.equal(step.largest, 0.5);
  assert.equal(mean.difference, 0.5);
  // 2 v / n: 1/4 for the 2 trajectories of a step, 1/8 for all 4; quantiles at 0.9875 and 0.975.
  assert.equal(step.byChance.toFixed(4), (2.2414 * 0.5).toFixed(4));
  assert.equal(mean.byChance.toFixed(4), (1.95996 * Math.sqrt(1 / 8)).toFixed(4));
});

Deno.test("agreement() tells direction from size, and takes two zeros as equal", () => {
  const of = (...a: number[]) => Float64Array.from(a);
  assert.deepEqual(agreement(of(3, 4), of(6, 8)), { cosine: 1, difference: 1 });
  assert.deepEqual(agreement(of(1, 0), of(0, 1)), { cosine: 0, difference: Math.SQRT2 });
  assert.deepEqual(agreement(of(0, 0), of(0, 0)), { cosine: 1, difference: 0 });
});
