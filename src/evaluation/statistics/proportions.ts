/**
 * Shares of questions, and how two systems' shares of the same questions differ: closed forms and
 * exact sums, without resampling.
 *
 * @module
 */

import type { Difference, Interval } from "./interval.ts";
import { normalQuantile, solved } from "./quantiles.ts";

/** Upper 2.5% point of the standard normal. */
const Z_95 = normalQuantile(0.975);

/**
 * Wilson's score interval of a proportion, without continuity correction (E. B. Wilson 1927,
 * "Probable inference, the law of succession, and statistical inference", JASA 22:209).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { wilsonInterval } from "./proportions.ts";
 *
 * const { low, high } = wilsonInterval(235, 287);
 * assert.equal(`${low.toFixed(4)} ${high.toFixed(4)}`, "0.7701 0.8591");
 * ```
 *
 * @returns Bounds in [0, 1]; with `n` 0, which says nothing, 0 to 1.
 * @throws {RangeError} If the counts are not integers with 0 <= `successes` <= `n`.
 */
export function wilsonInterval(successes: number, n: number): Interval {
  if (!Number.isInteger(successes) || !Number.isInteger(n) || successes < 0 || successes > n) {
    throw new RangeError(
      `Cannot compute an interval as successes must be a count of at most n: ` +
        `current values are ${successes} of ${n}`,
    );
  }
  if (n === 0) return { low: 0, high: 1 };
  const share = successes / n;
  const z2 = Z_95 ** 2;
  const center = (share + z2 / (2 * n)) / (1 + z2 / n);
  const radius = Z_95 / (1 + z2 / n) * Math.sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  // Rounding must not leave the exact bounds of all wrong and all right.
  return {
    low: successes === 0 ? 0 : center - radius,
    high: successes === n ? 1 : center + radius,
  };
}

/** Questions by what two systems made of them. */
export interface PairedCounts {
  /** Right only after. */
  readonly gained: number;
  /** Right only before. */
  readonly lost: number;
  /** All questions, with those on which both agree. */
  readonly n: number;
}

/**
 * Compares two systems that each answered every question once: McNemar's exact test (Q. McNemar 1947,
 * "Note on the sampling error of the difference between correlated proportions or percentages",
 * Psychometrika 12:153), by the binomial distribution of the questions on which they differ, and
 * Tango's score interval of the difference (T. Tango 1998, "Equivalence test and confidence interval
 * for the difference in proportions for the paired-sample design", Statistics in Medicine 17:891).
 *
 * The test is exact and the interval is not, so near p = 0.05 one may exclude 0 and the other not.
 *
 * @example Six questions gained, none lost
 * ```ts
 * import assert from "node:assert/strict";
 * import { mcNemar } from "./proportions.ts";
 *
 * const { estimate, pValue, low, high } = mcNemar({ gained: 6, lost: 0, n: 50 });
 * assert.equal(estimate, 6 / 50);
 * assert.equal(pValue.toFixed(5), (2 / 2 ** 6).toFixed(5));
 * assert.equal(`${low.toFixed(4)} ${high.toFixed(4)}`, "0.0401 0.2380");
 * ```
 *
 * @returns `(gained - lost) / n`; the interval without questions is -1 to 1.
 * @throws {RangeError} If the counts are not whole numbers with `gained + lost <= n`.
 */
export function mcNemar({ gained, lost, n }: PairedCounts): Difference {
  if (
    ![gained, lost, n].every((count) => Number.isInteger(count) && count >= 0) || gained + lost > n
  ) {
    throw new RangeError(
      `Cannot compare two systems as gained and lost must be counts of at most n in all: ` +
        `current values are ${gained} and ${lost} of ${n}`,
    );
  }
  return {
    estimate: n === 0 ? 0 : (gained - lost) / n,
    low: -tangoUpper({ gained: lost, lost: gained, n }),
    high: tangoUpper({ gained, lost, n }),
    pValue: signTest(gained, lost),
  };
}

/** Tango's upper bound: where the score statistic of `gained - lost` falls to -z. */
function tangoUpper({ gained, lost, n }: PairedCounts): number {
  if (n === 0) return 1;
  const scoreBeyondZ = (difference: number) => {
    const variance = n * (2 * likeliestLost(difference) + difference * (1 - difference));
    return n * difference - (gained - lost) - Z_95 * Math.sqrt(Math.max(0, variance));
  };
  // Share of lost questions that is likeliest given the difference (Tango 1998, section 3).
  const likeliestLost = (difference: number) => {
    const b = (2 * n - gained + lost) * difference - gained - lost;
    const c = -lost * difference * (1 - difference);
    return (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n);
  };
  return solved(scoreBeyondZ, 0, (gained - lost) / n, 1);
}

/**
 * Two-sided p-value of `a` heads against `b` tails of a fair coin: twice the smaller tail, at most 1.
 * Terms are taken relative to the largest, so that no factorial overflows, however large the counts.
 */
function signTest(a: number, b: number): number {
  const n = a + b;
  const smaller = Math.min(a, b);
  const half = Math.floor(n / 2);
  let [below, tail] = [0, 0];
  // A term that underflows is below 1e-308 of the largest, and so are all before it.
  for (let k = half, term = 1; k >= 0 && term > 0; k--) {
    below += term;
    if (k <= smaller) tail += term;
    term *= k / (n - k + 1);
  }
  const middle = n % 2 === 0 ? 1 : 0;
  return Math.min(1, 2 * tail / (2 * below - middle));
}
