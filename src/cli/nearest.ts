/**
 * What somebody may have meant by a word that is not known.
 *
 * @module
 */

/**
 * The candidate that is nearest to a text; null where none is near enough to be meant.
 *
 * @example A transposed letter, and a word of its own
 * ```ts
 * import assert from "node:assert/strict";
 * import { nearest } from "./nearest.ts";
 *
 * assert.equal(nearest("trian", ["train", "eval"]), "train");
 * assert.equal(nearest("dance", ["train", "eval"]), null);
 * ```
 */
export function nearest(text: string, candidates: readonly string[]): string | null {
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(text, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(2, text.length / 4) ? best.candidate : null;
}

/** Levenshtein's distance: insertions, deletions and replacements between two texts. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
