/**
 * The one surrogate loss of every policy-gradient algorithm here, with its gradient by logprob.
 *
 * All of them depend on the model only through token logprobs, so no tensor library is needed: an
 * engine pulls the gradient by logprob back through its model.
 *
 * Shapes: T tokens of all trajectories together.
 *
 * @module
 */

import type { Batch } from "../trajectory/batch.ts";
import { countTotals, tokenWeights } from "./aggregation.ts";
import type { Surrogate } from "./algorithm.ts";
import { klEstimate, type WithSlope } from "./kl.ts";
import type { SurrogateOptions } from "./options.ts";
import { logRatios } from "./ratio.ts";

/** A token's loss, its derivative by the token's logprob, and what clipping did. */
interface TokenLoss extends WithSlope {
  readonly isClipped: boolean;
  readonly isDualClipped: boolean;
}

/** Range of log ratios beyond which the ratio is constant (verl), to keep its exponential finite. */
const LOG_RATIO_RANGE = {
  token: [-20, 20],
  step: [-Infinity, 10],
  sequence: [-Infinity, 10],
} as const;

const NO_KL: WithSlope = { value: 0, slope: 0 };

/**
 * Makes the loss to minimise, over chosen tokens t with weights `w` by `aggregation`:
 *
 * `sum_t w[t] * max(-A[t] r[t], -A[t] clip(r[t], 1 - clipLow, 1 + clipHigh))`
 *
 * `+ klCoefficient * sum_t w[t] * KL[t]`, where the ratio `r` is that of the token, of its step or
 * of its sequence. With `cispo` the policy part is `sum_t -w[t] A[t] sg(clip(r[t])) logprob[t]`.
 *
 * A step's or sequence's ratio is differentiated as in GSPO-token: its value is the unit's, its
 * gradient the token's own. Where the advantage is the same in the whole unit this is the exact
 * gradient.
 *
 * Loss, gradient and metrics are sums over tokens divided by `totals`; those of micro-batches,
 * given the whole batch's totals, add up to the whole batch's.
 *
 * @example On policy the loss is minus the mean advantage, and so is the gradient's sum
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaults } from "../config/option.ts";
 * import { SURROGATE_OPTIONS } from "./options.ts";
 * import { makeSurrogate } from "./surrogate.ts";
 *
 * const sampledLogprobs = Float64Array.of(-1, -2);
 * const batch = {
 *   offsets: Int32Array.of(0, 2),
 *   ids: new Int32Array(2),
 *   actionMask: Uint8Array.of(1, 1),
 *   stepOf: Int16Array.of(0, 0),
 *   sampledLogprobs,
 *   advantages: Float64Array.of(1, 3),
 * };
 * const { loss, gradient } = makeSurrogate(defaults(SURROGATE_OPTIONS))(sampledLogprobs, batch);
 * assert.equal(loss, -2);
 * assert.deepEqual(gradient, Float64Array.of(-0.5, -1.5));
 * ```
 *
 * @returns A function that throws a RangeError if `logprobs` is not of the batch's length, and a
 * TypeError if a KL term is asked for without `referenceLogprobs`.
 */
export function makeSurrogate(options: SurrogateOptions): Surrogate {
  return (logprobs, batch, totals = countTotals(batch)) => {
    checkInputs(logprobs, batch, options);
    const ratios = logRatios(logprobs, batch, options.ratio);
    const weights = tokenWeights(batch, options, totals);
    const gradient = new Float64Array(logprobs.length);
    const sums = { policy: 0, kl: 0, clipped: 0, dualClipped: 0, drift: 0 };
    for (let t = 0; t < logprobs.length; t++) {
      if (batch.actionMask[t] === 0) continue;
      const policy = policyLoss(batch.advantages[t], ratios[t], logprobs[t], options);
      const kl = klLoss(logprobs, batch, t, options);
      gradient[t] = weights[t] * (policy.slope + options.klCoefficient * kl.slope);
      sums.policy += weights[t] * policy.value;
      sums.kl += weights[t] * kl.value;
      sums.clipped += Number(policy.isClipped);
      sums.dualClipped += Number(policy.isDualClipped);
      sums.drift += batch.sampledLogprobs[t] - logprobs[t];
    }
    const loss = sums.policy + options.klCoefficient * sums.kl;
    return { loss, gradient, metrics: metricsOf(sums, totals.actionTokens, options) };
  };
}

function policyLoss(
  advantage: number,
  logRatio: number,
  logprob: number,
  options: SurrogateOptions,
): TokenLoss {
  const [low, high] = LOG_RATIO_RANGE[options.ratio];
  const bounded = Math.min(high, Math.max(low, logRatio));
  if (options.objective === "cispo") {
    return cispoLoss(advantage, Math.exp(bounded), logprob, options);
  }
  const loss = clippedLoss(advantage, Math.exp(bounded), options);
  return bounded === logRatio ? loss : { ...loss, slope: 0 };
}

/** PPO's clipped loss; the derivative of a ratio by the logprob is the ratio itself. */
function clippedLoss(advantage: number, ratio: number, options: SurrogateOptions): TokenLoss {
  const plain = -advantage * ratio;
  const clipped = -advantage * clippedRatio(ratio, options);
  const isClipped = clipped > plain;
  const value = isClipped ? clipped : plain;
  const limit = -advantage * options.dualClip;
  if (options.dualClip > 0 && advantage < 0 && value > limit) {
    return { value: limit, slope: 0, isClipped, isDualClipped: true };
  }
  return { value, slope: isClipped ? 0 : plain, isClipped, isDualClipped: false };
}

/** CISPO (MiniMax-M1): the clipped ratio is a constant weight, so clipped tokens still learn. */
function cispoLoss(
  advantage: number,
  ratio: number,
  logprob: number,
  options: SurrogateOptions,
): TokenLoss {
  const clipped = clippedRatio(ratio, options);
  const slope = -advantage * clipped;
  return { value: slope * logprob, slope, isClipped: clipped !== ratio, isDualClipped: false };
}

function clippedRatio(ratio: number, { clipLow, clipHigh }: SurrogateOptions): number {
  return Math.min(1 + clipHigh, Math.max(1 - clipLow, ratio));
}

function klLoss(
  logprobs: Float64Array,
  batch: Batch,
  t: number,
  options: SurrogateOptions,
): WithSlope {
  if (options.klCoefficient === 0) return NO_KL;
  return klEstimate(options.klEstimator, logprobs[t] - batch.referenceLogprobs![t]);
}

function metricsOf(
  sums: { policy: number; kl: number; clipped: number; dualClipped: number; drift: number },
  actionTokens: number,
  options: SurrogateOptions,
): Record<string, number> {
  const tokens = Math.max(1, actionTokens);
  return {
    "loss/policy": sums.policy,
    "loss/clip_fraction": sums.clipped / tokens,
    // Mean of sampled minus new logprob: the k1 estimate of KL(sampling policy || policy).
    "loss/approx_kl": sums.drift / tokens,
    ...(options.dualClip > 0 && { "loss/dual_clip_fraction": sums.dualClipped / tokens }),
    ...(options.klCoefficient > 0 && { "loss/reference_kl": sums.kl }),
  };
}

function checkInputs(logprobs: Float64Array, batch: Batch, options: SurrogateOptions): void {
  if (logprobs.length !== batch.actionMask.length) {
    throw new RangeError(
      `Cannot compute a loss as each token needs a logprob: there are ${logprobs.length} for ` +
        `${batch.actionMask.length} tokens`,
    );
  }
  if (options.klCoefficient > 0 && !batch.referenceLogprobs) {
    throw new TypeError(
      `Cannot compute a KL term as it needs the reference policy's logprobs: "klCoefficient" is ` +
        `${options.klCoefficient} and the batch has no "referenceLogprobs"`,
    );
  }
}
