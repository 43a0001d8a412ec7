/**
 * A wanted gradient by logprob as the input of a server's own loss.
 *
 * The loss is `importance_sampling`: `-sum_t ratio[t] advantages[t]` with
 * `ratio[t] = exp(now[t] - logprobs[t])`. Where the logprobs that are sent are those that the model
 * has, every ratio is 1 and the derivative by `now[t]` is `-advantages[t]`, but for the server's
 * reduction. So advantages of minus the gradient, times what the reduction takes away, give the
 * gradient that was wanted, of whatever loss it is.
 *
 * Shapes: L tokens of a sequence.
 *
 * @module
 */

import type { Datum } from "./messages.ts";
import { gradientScales, type Reducing } from "./reduction.ts";

/** The loss of the server that carries gradients. */
export const GRADIENT_LOSS = "importance_sampling";

/** A sequence and the gradient wanted of it. */
export interface Wanted {
  /** Shape (L,). */
  readonly ids: Int32Array;
  /** What the ratio compares with; the first token has none, shape (L,). */
  readonly logprobs: Float64Array;
  /** dLoss/dlogprob; that of the first token is not read, shape (L,). */
  readonly gradient: Float64Array;
}

/** A sequence as the input of a pass, with further inputs of the loss, shape (L - 1,) each. */
export function datumOf(ids: Int32Array, floats: Datum["floats"] = {}): Datum {
  return { input: ids.slice(0, -1), targets: ids.slice(1), floats };
}

/**
 * The input of the passes between two optimizer steps whose gradients add up to those wanted.
 *
 * @example A server that takes the mean over tokens is sent twice the gradient of two tokens
 * ```ts
 * import assert from "node:assert/strict";
 * import { gradientData } from "./gradient_pass.ts";
 *
 * const wanted = {
 *   ids: Int32Array.of(7, 8, 9),
 *   logprobs: Float64Array.of(0, -1, -2),
 *   gradient: Float64Array.of(0, -0.5, 0.25),
 * };
 * const [[datum]] = gradientData([[wanted]], {
 *   reduction: "sequence-mean",
 *   accumulation: "joint",
 * });
 * assert.deepEqual([...datum.targets], [8, 9]);
 * assert.deepEqual([...datum.floats.logprobs], [-1, -2]);
 * assert.deepEqual([...datum.floats.advantages], [1, -0.5]);
 * ```
 *
 * @param requests Sequences by the request that they are sent in.
 */
export function gradientData(
  requests: readonly (readonly Wanted[])[],
  reducing: Reducing,
): Datum[][] {
  const lengths = requests.map((request) => request.map(({ ids }) => ids.length - 1));
  const scales = gradientScales(lengths, reducing);
  return requests.map((request, r) =>
    request.map(({ ids, logprobs, gradient }, s) =>
      datumOf(ids, {
        logprobs: Float32Array.from(logprobs.subarray(1)),
        advantages: Float32Array.from(gradient.subarray(1), (slope) => -slope * scales[r][s]),
      })
    )
  );
}
