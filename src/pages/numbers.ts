/**
 * Measured numbers in the page's words and signs.
 *
 * @module
 */

import { measureOf } from "../reports/measures.ts";
import { escapeHtml } from "./section.ts";
import { type Html, html } from "./markup.ts";

/** A value with the bounds of its 95 % interval; null where there is none. */
export interface Bounded {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * A measure's value: percent with one decimal for a rate, two decimals otherwise.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { numberText } from "./numbers.ts";
 *
 * assert.equal(numberText("ex", 0.6141), "61.4");
 * assert.equal(numberText("ex", 0.031, { isSigned: true }), "+3.1");
 * assert.equal(numberText("tool_calls", 2), "2.00");
 * ```
 */
export function numberText(name: string, value: number, { isSigned = false } = {}): string {
  const { isRate } = measureOf(name);
  const size = isRate ? Math.abs(100 * value).toFixed(1) : Math.abs(value).toFixed(2);
  if (Number(size) === 0) return size;
  return value < 0 ? `\u2212${size}` : isSigned ? `+${size}` : size;
}

/** `61.4 (55.2 to 67.6)`, or the value alone. */
export function estimateHtml(name: string, { value, low, high }: Bounded, options = {}): Html {
  const text = escapeHtml(numberText(name, value, options));
  if (low === null || high === null) return html(text);
  return html(`${text} <span class="interval">(${intervalText(name, low, high)})</span>`);
}

/**
 * A measure with its interval cut where no value can be: Student's goes on below 0 and above 100 %.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withinRange } from "./numbers.ts";
 *
 * const bounded = { value: 0.69, low: 0.37, high: 1.01 };
 * assert.deepEqual(withinRange("ex", bounded), { value: 0.69, low: 0.37, high: 1 });
 * ```
 */
export function withinRange<T extends Bounded>(name: string, bounded: T): T {
  const { low, high } = bounded;
  // R-VES alone is a rate that can be above 100 %.
  const most = measureOf(name).isRate && name !== "r_ves" ? 1 : Infinity;
  return {
    ...bounded,
    low: low === null ? null : Math.max(0, low),
    high: high === null ? null : Math.min(most, high),
  };
}

/** `55.2 to 67.6`. */
export function intervalText(name: string, low: number, high: number): string {
  return `${numberText(name, low)} to ${numberText(name, high)}`;
}

/** `p 0.013`, or `p < 0.001`. */
export function pText(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p ${pValue.toFixed(3)}`;
}

/** A count with its noun: `1 seed`, `5 seeds`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
