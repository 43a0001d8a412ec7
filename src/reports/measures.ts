/**
 * How measured numbers are named and written: the one table of display names, and
 * `61.4 ± 2.1`.
 *
 * @module
 */

import type { RedundancyClass } from "../evaluation/redundancy.ts";
import type { Metric } from "../store/run_store.ts";
import type { Style } from "./style.ts";

/** A number with its 95 % interval and the count it rests on. */
export type Estimate = Pick<Metric, "value" | "low" | "high" | "n">;

/** How a measure is shown. */
export interface Measure {
  readonly label: string;
  /** A rate is stored in [0, 1] and shown in percent. */
  readonly isRate: boolean;
  /** Which way is better; null where neither is by itself. */
  readonly better: "up" | "down" | null;
}

/** Measures by the name of their metric, in the order of a table's rows. */
export const MEASURES: Readonly<Record<string, Measure>> = {
  ex: { label: "EX", isRate: true, better: "up" },
  sound_ex: { label: "EX without quarantined", isRate: true, better: "up" },
  strict_ex: { label: "strict EX", isRate: true, better: "up" },
  soft_f1: { label: "Soft-F1", isRate: true, better: "up" },
  r_ves: { label: "R-VES", isRate: true, better: "up" },
  redundant_tool_calls: { label: "redundant tool calls", isRate: true, better: "down" },
  tool_calls: { label: "tool calls per question", isRate: false, better: null },
  failed_tool_calls: { label: "failing tool calls", isRate: true, better: "down" },
  format_violations: { label: "format violations", isRate: true, better: "down" },
};

/** Redundancy classes in words (docs/metrics.md). */
export const CLASS_NAMES: Readonly<Record<RedundancyClass, string>> = {
  R1: "exact duplicate",
  R2: "same SQL, typed otherwise",
  R3: "repeated failure",
  R4: "no new information",
  R5a: "schema look-up of a seen table",
  R6: "after the answer was known",
  R4Lenient: "nothing but known cells",
  R5b: "schema is in the prompt",
  R6Oracle: "after the right answer was known",
};

/** The measure of a metric; one without a display name goes by its own. */
export function measureOf(name: string): Measure {
  return MEASURES[name] ?? { label: name, isRate: false, better: null };
}

/**
 * Value and interval: `61.4 ± 2.1`, or `0.4 +1.2/-0.3` where the interval is not even.
 *
 * @example A rate is stored as a share and shown in percent
 * ```ts
 * import assert from "node:assert/strict";
 * import { estimateText } from "./measures.ts";
 * import { PLAIN } from "./style.ts";
 *
 * const ex = { value: 0.614, low: 0.593, high: 0.635, n: 500 };
 * assert.equal(estimateText("ex", ex, { ...PLAIN, unicode: true }), "61.4 ± 2.1");
 * assert.equal(estimateText("ex", ex, PLAIN), "61.4 +/- 2.1");
 * ```
 */
export function estimateText(name: string, { value, low, high }: Estimate, style: Style): string {
  const text = numberText(name, value);
  if (low === null || high === null) return text;
  const above = numberText(name, high - value);
  const below = numberText(name, value - low);
  if (above !== below) return `${text} +${above}/-${below}`;
  return `${text} ${style.unicode ? "±" : "+/-"} ${above}`;
}

/** A difference of two estimates, with its sign. */
export function differenceText(name: string, difference: Estimate, style: Style): string {
  const text = estimateText(name, difference, style);
  return difference.value > 0 ? `+${text}` : text;
}

/** Percent with one decimal for a rate, two decimals otherwise. */
function numberText(name: string, value: number): string {
  const text = measureOf(name).isRate ? (100 * value).toFixed(1) : value.toFixed(2);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}
