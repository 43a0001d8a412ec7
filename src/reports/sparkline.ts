/**
 * A series of numbers as one line of signs, the higher the number the fuller the sign.
 *
 * @module
 */

import type { Style } from "./style.ts";

const LEVELS = { unicode: "▁▂▃▄▅▆▇█", ascii: ".:-=+*#@" };

/** In the place of values that are missing or not finite. */
const GAP = " ";

/**
 * The series in at most `width` signs; a longer one is binned, each sign showing a mean. The lowest
 * sign is the least mean and the fullest the greatest, so the ends of the scale are to be said beside it.
 * A series without changes is a line at half height.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { sparkline } from "./sparkline.ts";
 * import { PLAIN } from "./style.ts";
 *
 * const unicode = { ...PLAIN, unicode: true };
 * assert.equal(sparkline([0, 1, NaN, 7], 10, unicode), "▁▂ █");
 * assert.equal(sparkline([0, 2, 6, 8], 2, unicode), "▁█");
 * assert.equal(sparkline([3, 3], 10, PLAIN), "==");
 * ```
 *
 * @param values A value that is not finite leaves a gap, as does a bin of such values.
 */
export function sparkline(values: readonly number[], width: number, style: Style): string {
  const levels = style.unicode ? LEVELS.unicode : LEVELS.ascii;
  const means = binned(values, width);
  const finite = means.filter(Number.isFinite);
  const low = Math.min(...finite);
  // Halves, as the difference of two great numbers may be none.
  const halfRange = Math.max(...finite) / 2 - low / 2;
  const top = levels.length - 1;
  return means.map((mean) => {
    if (!Number.isFinite(mean)) return GAP;
    if (halfRange === 0) return levels[top >> 1];
    return levels[Math.round(top * ((mean / 2 - low / 2) / halfRange))];
  }).join("");
}

/** Means of at most `width` bins of even length; NaN for a bin without a finite value. */
function binned(values: readonly number[], width: number): number[] {
  const count = Math.min(values.length, Math.max(0, width));
  const edge = (bin: number) => Math.floor(bin * values.length / count);
  return Array.from({ length: count }, (_, bin) => {
    const finite = values.slice(edge(bin), edge(bin + 1)).filter(Number.isFinite);
    // Divided before they are added, so that no sum overflows; one value stays as it is.
    return finite.length === 0 ? NaN : finite.reduce((mean, x) => mean + x / finite.length, 0);
  });
}
