/**
 * Which questions of a data set to work on: filtered by what they are, drawn at random, cut short.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import type { Example } from "./example.ts";

/** Applied in this order. */
export interface Selection {
  /** `field=value` or `field=value|value`, joined by commas: all must hold; empty for no filter. */
  readonly filter: string;
  /** Questions drawn at random; 0 for all. */
  readonly sample: number;
  /** Seed of the draw. */
  readonly seed: number;
  /** Questions kept, from the first; 0 for all. */
  readonly limit: number;
}

const FIELDS: Readonly<Record<string, (example: Example) => string>> = {
  difficulty: ({ difficulty }) => difficulty ?? "unrated",
  database: ({ database }) => database.id,
  id: ({ id }) => id,
};

/**
 * The chosen questions, in the order of the data set.
 *
 * The draw ranks each question by the seed and its id alone, so a larger sample holds every smaller
 * one of the same seed, and a question stays in it when the data set grows by others.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Example } from "./example.ts";
 * import { selected } from "./selection.ts";
 *
 * const examples = ["simple", "moderate", "simple"].map((difficulty, id) =>
 *   ({ id: String(id), difficulty, database: { id: "shop" } }) as Example
 * );
 * const all = { filter: "", sample: 0, seed: 1, limit: 0 };
 * const ids = (chosen: Example[]) => chosen.map(({ id }) => id);
 * assert.deepEqual(ids(selected(examples, { ...all, filter: "difficulty=simple" })), ["0", "2"]);
 * assert.deepEqual(ids(selected(examples, { ...all, filter: "id=1|2", limit: 1 })), ["1"]);
 * ```
 *
 * @throws {RangeError} If the filter has an unknown field, or nothing is left.
 */
export function selected(examples: readonly Example[], selection: Selection): Example[] {
  const { filter, sample, seed, limit } = selection;
  const conditions = filter === "" ? [] : filter.split(",").map(condition);
  const matching = examples.filter((example) => conditions.every((holds) => holds(example)));
  const drawn = sample === 0 ? matching : sampled(matching, sample, seed);
  const chosen = limit === 0 ? drawn : drawn.slice(0, limit);
  if (chosen.length > 0) return chosen;
  throw new RangeError(
    `Cannot choose questions as one of ${examples.length} must match: filter is "${filter}"`,
  );
}

function condition(text: string): (example: Example) => boolean {
  const [field, values] = text.split(/=(.*)/s).map((part) => part.trim());
  const valueOf = Object.hasOwn(FIELDS, field) && FIELDS[field];
  if (!valueOf || values === undefined) {
    throw new RangeError(
      `Cannot choose questions as a filter must be field=value with a field of ${
        Object.keys(FIELDS).join(", ")
      }: it is "${text}"`,
    );
  }
  const wanted = new Set(values.split("|").map((value) => value.trim()));
  return (example) => wanted.has(valueOf(example));
}

function sampled(examples: readonly Example[], count: number, seed: number): Example[] {
  const ranked = examples
    .map((example, position) => ({ position, rank: new Rng(seed, "sample", example.id).bits() }))
    .sort((a, b) => a.rank - b.rank || a.position - b.position);
  return ranked.slice(0, count).map(({ position }) => position).sort((a, b) => a - b)
    .map((position) => examples[position]);
}
