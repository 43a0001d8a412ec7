import assert from "finestep/assert";
import { countTotals } from "../../src/algorithms/aggregation.ts";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { SURROGATE_OPTIONS, type SurrogateOptions } from "../../src/algorithms/options.ts";
import { makeSurrogate } from "../../src/algorithms/surrogate.ts";
import { defaults } from "../../src/config/option.ts";
import { Rng } from "../../src/config/rng.ts";
import type { Batch } from "../../src/trajectory/batch.ts";
import { batchOf, flat, microBatch } from "./batches.ts";

const DEFAULTS = defaults(SURROGATE_OPTIONS);
const RATIOS = SURROGATE_OPTIONS.ratio.choices!;
const AGGREGATIONS = SURROGATE_OPTIONS.aggregation.choices!;

const surrogate = (changes: Partial<SurrogateOptions>) =>
  makeSurrogate({ ...DEFAULTS, ...changes });

/** One trajectory, one step, all tokens chosen, sampled with probability 1. */
const certain = (advantages: number[]) =>
  batchOf({
    sampledLogprobs: [advantages.map(() => 0)],
    mask: [advantages.map(() => 1)],
    advantages: [advantages],
  });

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `${i}: ${actual[i]}, ${expected[i]}`);
  }
}

/** Three trajectories of two, one and three steps, with prompt and observation tokens. */
const STEP_OF = [
  [-1, -1, 0, 0, 0, -1, 1, 1],
  [-1, 0, 0, 0],
  [-1, 0, 0, -1, -1, 1, -1, 2, 2, 2],
];

/** The advantage of each step, or of each trajectory. */
const STEP_ADVANTAGES = [[1.2, -0.7], [-1.5], [0.4, -0.3, 2]];
const TRAJECTORY_ADVANTAGES = [[1.2, 1.2], [-1.5], [0.4, 0.4, 0.4]];

function randomCase(
  seed: number,
  advantages: number[][],
): { batch: Batch; logprobs: Float64Array } {
  const rng = new Rng(seed, "surrogate");
  const drawn = (spread: number) => STEP_OF.map((row) => row.map(() => -2 + spread * rng.normal()));
  const sampledLogprobs = drawn(0.5);
  const batch = batchOf({
    sampledLogprobs,
    stepOf: STEP_OF,
    mask: STEP_OF.map((row) => row.map((s) => Number(s >= 0))),
    // What lies outside the mask must not matter.
    advantages: STEP_OF.map((row, n) => row.map((s) => s < 0 ? 99 : advantages[n][s])),
    referenceLogprobs: drawn(0.5),
  });
  return { batch, logprobs: flat(sampledLogprobs).map((logprob) => logprob + 0.3 * rng.normal()) };
}

function numericGradient(loss: (logprobs: Float64Array) => number, logprobs: Float64Array) {
  const h = 1e-6;
  return logprobs.map((logprob, t) =>
    loss(logprobs.with(t, logprob + h)) / (2 * h) -
    loss(logprobs.with(t, logprob - h)) / (2 * h)
  );
}

Deno.test("makeSurrogate() takes the loss of a ratio within its bounds as it is", () => {
  const { loss, gradient } = surrogate({})(Float64Array.of(Math.log(1.1)), certain([2]));
  assertClose([loss, gradient[0]], [-2.2, -2.2]);
});

Deno.test("makeSurrogate() gives no gradient to what has been rewarded enough", () => {
  const { loss, gradient, metrics } = surrogate({})(Float64Array.of(Math.log(1.5)), certain([2]));
  assertClose([loss, gradient[0]], [-2.4, 0]);
  assert.equal(metrics["loss/clip_fraction"], 1);
});

Deno.test("makeSurrogate() gives no gradient to what has been punished enough", () => {
  const { loss, gradient } = surrogate({})(Float64Array.of(Math.log(0.5)), certain([-2]));
  assertClose([loss, gradient[0]], [1.6, 0]);
});

Deno.test("makeSurrogate() leaves unclipped what went the wrong way", () => {
  const { loss, gradient } = surrogate({})(
    Float64Array.of(Math.log(1.5), Math.log(0.5)),
    certain([-2, 2]),
  );
  assertClose([loss, ...gradient], [(3 - 1) / 2, 3 / 2, -1 / 2]);
});

Deno.test("makeSurrogate() lets a ratio rise to 1 + clipHigh", () => {
  const batch = certain([1]);
  const logprobs = Float64Array.of(Math.log(1.25));
  assert.equal(surrogate({ clipHigh: 0.2 })(logprobs, batch).gradient[0], 0);
  assertClose(surrogate({ clipHigh: 0.28 })(logprobs, batch).gradient, [-1.25]);
});

Deno.test("makeSurrogate() bounds the loss of a far negative token by dualClip", () => {
  const logprobs = Float64Array.of(Math.log(5), 0);
  const { loss, gradient, metrics } = surrogate({ dualClip: 3 })(logprobs, certain([-1, 0]));
  assertClose([loss, gradient[0]], [1.5, 0]);
  assert.equal(metrics["loss/dual_clip_fraction"], 0.5);
});

Deno.test("makeSurrogate() clips a step's ratio by the mean of its log ratios", () => {
  const batch = { ...certain([1, 1, 1, 1]), stepOf: Int16Array.of(0, 0, 1, 1) };
  const logprobs = Float64Array.of(0.5, 0.1, 0.3, -0.3);
  const { gradient } = surrogate({ ratio: "step", aggregation: "token-sum" })(logprobs, batch);
  // exp(0.3) is above 1.2, exp(0) is not.
  assertClose(gradient, [0, 0, -1, -1]);
});

Deno.test("makeSurrogate() weighs tokens by each aggregation", () => {
  const batch = batchOf({
    sampledLogprobs: [[-1, -1, -1], [-1], [-1]],
    mask: [[1, 1, 1], [1], [0]],
    advantages: [[1, 1, 1], [5], [7]],
  });
  const lossBy = (aggregation: SurrogateOptions["aggregation"]) =>
    surrogate({ aggregation, normTokens: 10 })(batch.sampledLogprobs, batch).loss;
  assertClose(AGGREGATIONS.map(lossBy), [-8 / 4, -8, -8 / 2, -(1 + 5) / 2, -8 / (10 * 2)]);
});

for (const ratio of RATIOS) {
  for (const aggregation of AGGREGATIONS) {
    Deno.test(`makeSurrogate() gives the gradient of its loss by ${ratio} and ${aggregation}`, () => {
      const klEstimators = ["k1", "abs", "k2", "k3"] as const;
      klEstimators.forEach((klEstimator, seed) => {
        const units = ratio === "sequence" ? TRAJECTORY_ADVANTAGES : STEP_ADVANTAGES;
        const { batch, logprobs } = randomCase(seed, units);
        const lossOf = surrogate({
          ratio,
          aggregation,
          klEstimator,
          klCoefficient: 0.1,
          dualClip: 3,
        });
        const numeric = numericGradient((moved) => lossOf(moved, batch).loss, logprobs);
        const { gradient } = lossOf(logprobs, batch);
        assertClose(gradient, numeric, 1e-7);
        assert.ok(gradient.some((value) => value !== 0));
      });
    });

    Deno.test(`makeSurrogate() of micro-batches adds up by ${ratio} and ${aggregation}`, () => {
      const { batch, logprobs } = randomCase(9, STEP_ADVANTAGES);
      const lossOf = surrogate({ ratio, aggregation, klCoefficient: 0.1, clipHigh: 0.05 });
      const whole = lossOf(logprobs, batch);
      const parts = [[0, 1], [1, 3]].map(([start, end]) => {
        const own = logprobs.slice(batch.offsets[start], batch.offsets[end]);
        return lossOf(own, microBatch(batch, start, end), countTotals(batch));
      });
      assertClose([parts[0].loss + parts[1].loss], [whole.loss], 1e-14);
      assertClose(parts.flatMap(({ gradient }) => [...gradient]), whole.gradient, 1e-14);
      for (const [name, value] of Object.entries(whole.metrics)) {
        assertClose([parts[0].metrics[name] + parts[1].metrics[name]], [value], 1e-14);
      }
    });
  }
}

Deno.test("makeSurrogate() gives a sequence's tokens their own advantage (GSPO-token)", () => {
  const logprobs = Float64Array.of(0.02, -0.01, 0.05);
  const { gradient } = surrogate({ ratio: "sequence" })(logprobs, certain([1, -2, 3]));
  const ratio = Math.exp(0.02);
  assertClose(gradient, [-ratio / 3, 2 * ratio / 3, -ratio]);
});

Deno.test("makeSurrogate() weighs a logprob by the clipped ratio in CISPO", () => {
  const logprobs = Float64Array.of(Math.log(1.5));
  const { loss, gradient } = surrogate({ objective: "cispo" })(logprobs, certain([2]));
  assertClose([loss, gradient[0]], [-2.4 * Math.log(1.5), -2.4]);
});

Deno.test("makeSurrogate() reads nothing outside the mask", () => {
  const { batch, logprobs } = randomCase(3, STEP_ADVANTAGES);
  const outside = (values: Float64Array) =>
    values.map((value, t) => batch.actionMask[t] === 1 ? value : NaN);
  const spoiled = {
    ...batch,
    advantages: outside(batch.advantages),
    sampledLogprobs: outside(batch.sampledLogprobs),
    referenceLogprobs: outside(batch.referenceLogprobs!),
  };
  for (const ratio of RATIOS) {
    const lossOf = surrogate({ ratio, klCoefficient: 0.1 });
    assert.deepEqual(lossOf(outside(logprobs), spoiled), lossOf(logprobs, batch));
  }
});

Deno.test("makeSurrogate() keeps a far token finite", () => {
  const { loss, gradient } = surrogate({ dualClip: 0 })(Float64Array.of(2000), certain([-1]));
  assert.ok(Number.isFinite(loss));
  assert.equal(gradient[0], 0);
});

Deno.test("makeSurrogate() of a batch without chosen tokens is 0", () => {
  const batch = { ...certain([1, 1]), actionMask: new Uint8Array(2) };
  for (const aggregation of AGGREGATIONS) {
    const { loss, gradient, metrics } = surrogate({ aggregation })(new Float64Array(2), batch);
    assert.deepEqual([loss, ...gradient], [0, 0, 0]);
    assert.ok(Object.values(metrics).every((value) => value === 0));
  }
});

Deno.test("makeSurrogate() refuses logprobs of another length", () => {
  assert.throws(() => surrogate({})(new Float64Array(3), certain([1])), {
    name: "RangeError",
    message: "Cannot compute a loss as each token needs a logprob: there are 3 for 1 tokens",
  });
});

Deno.test("makeSurrogate() refuses a KL term without a reference", () => {
  const lossOf = surrogate({ klCoefficient: 0.1 });
  assert.throws(() => lossOf(new Float64Array(1), certain([1])), TypeError);
});

Deno.test("gspo equals grpo on one-token trajectories with equal clips", () => {
  const clips = { clipLow: 0.1, clipHigh: 0.15 };
  const batch = batchOf({
    sampledLogprobs: [[-1], [-2], [-3], [-0.5]],
    mask: [[1], [1], [1], [1]],
    advantages: [[1], [-1], [2], [-0.5]],
  });
  const logprobs = Float64Array.of(-1.2, -1.9, -2.5, -0.4);
  const [gspo, grpo] = ["gspo", "grpo"].map((name) =>
    makeAlgorithm(name, clips).surrogate(logprobs, batch)
  );
  assert.ok(gspo.metrics["loss/clip_fraction"] > 0);
  assertClose([gspo.loss, ...gspo.gradient], [grpo.loss, ...grpo.gradient], 1e-15);
});
