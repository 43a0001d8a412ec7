/**
 * Estimates with 95% intervals: the types that all estimators give.
 *
 * @module
 */

/** Lower and upper 95% bound. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An estimate with its 95% interval. */
export interface Estimate extends Interval {
  readonly estimate: number;
}

/** How two systems differ, `after - before`. */
export interface Difference extends Estimate {
  /** Two-sided p-value of no difference. */
  readonly pValue: number;
}
