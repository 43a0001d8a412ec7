/**
 * Quantiles of the standard normal and of Student's t, from distribution functions that are sums
 * without cancellation.
 *
 * @module
 */

/**
 * The x below which a standard normal falls with probability p. The distribution function is the
 * series of G. Marsaglia 2004, "Evaluating the normal distribution", Journal of Statistical Software 11(4).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { normalQuantile } from "./quantiles.ts";
 *
 * assert.equal(normalQuantile(0.975).toFixed(4), "1.9600");
 * ```
 *
 * @param p Probability in (0, 1); good to 1e-9 from 1e-6 to 1 - 1e-6.
 * @throws {RangeError} If `p` is outside (0, 1).
 */
export function normalQuantile(p: number): number {
  checkProbability(p);
  return p < 0.5 ? -normalQuantile(1 - p) : solved(normalDistribution, p, 0, 9);
}

/**
 * The x below which Student's t with `degrees` degrees of freedom falls with probability p. The
 * distribution function is the finite sum of M. Abramowitz and I. A. Stegun 1964, "Handbook of Mathematical
 * Functions", 26.7.3 and 26.7.4.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { studentQuantile } from "./quantiles.ts";
 *
 * assert.equal(studentQuantile(0.975, 4).toFixed(4), "2.7764");
 * ```
 *
 * @param p Probability in (0, 1); good to a relative 1e-9 from 0.001 to 0.999.
 * @param degrees Degrees of freedom, a positive integer.
 * @throws {RangeError} If `p` is outside (0, 1), or `degrees` is not a positive integer.
 */
export function studentQuantile(p: number, degrees: number): number {
  checkProbability(p);
  if (!Number.isInteger(degrees) || degrees < 1) {
    throw new RangeError(
      `Cannot compute a quantile of Student's t as its degrees of freedom must be a positive integer: ` +
        `current value is ${degrees}`,
    );
  }
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  const angle = solved((angle) => centralStudent(angle, degrees), 2 * p - 1, 0, Math.PI / 2);
  return Math.sqrt(degrees) * Math.tan(angle);
}

/** Probability that a standard normal is below `x` >= 0. */
function normalDistribution(x: number): number {
  let [total, term] = [x, x];
  for (let k = 3; term > total * Number.EPSILON / 2; k += 2) {
    term *= x * x / k;
    total += term;
  }
  return 0.5 + total * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** Probability that |t| is below sqrt(degrees) * tan(angle). */
function centralStudent(angle: number, degrees: number): number {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cos : 1;
  let total = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (k - 1) / k * cos * cos;
    total += term;
  }
  return isOdd ? 2 / Math.PI * (angle + sin * total) : sin * total;
}

/**
 * Where a rising function first reaches a value, by halving until two neighbouring numbers are left.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { solved } from "./quantiles.ts";
 *
 * assert.equal(solved((x) => x * x, 9, 0, 10), 3);
 * ```
 *
 * @returns A number from `low` to `high`; `high` where the value is not reached before.
 */
export function solved(
  rising: (x: number) => number,
  value: number,
  low: number,
  high: number,
): number {
  while (true) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
}

function checkProbability(p: number): void {
  if (p > 0 && p < 1) return;
  throw new RangeError(
    `Cannot compute a quantile as its probability must be between 0 and 1: current value is ${p}`,
  );
}
