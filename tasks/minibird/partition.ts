/**
 * Which split may speak of which value, so that what is asked in one split is asked in no other:
 * 60 % of the values for train, 20 % for dev, 20 % for test.
 *
 * @module
 */

import { Rng } from "../../src/config/rng.ts";
import { type PoolName, POOLS } from "./lexicon.ts";

/** A split of the questions. */
export type Split = "train" | "dev" | "test";

/** The splits, in the order of the files. */
export const SPLITS: readonly Split[] = ["train", "dev", "test"];

function parts<T>(items: readonly T[]): Record<Split, readonly T[]> {
  const trainEnd = Math.round(items.length * 0.6);
  const devEnd = Math.round(items.length * 0.8);
  return {
    train: items.slice(0, trainEnd),
    dev: items.slice(trainEnd, devEnd),
    test: items.slice(devEnd),
  };
}

/** The values of a pool that questions of a split may name, whatever the database. */
export function poolPart(seed: number, pool: PoolName, split: Split): readonly string[] {
  return parts(new Rng(seed, "split", pool).shuffled(POOLS[pool]))[split];
}

/**
 * The categories that a template may name in a split. There are only five or six in a column, so
 * they are dealt anew for each `use` (template, table and column): a category of dev may well
 * be in a train question of another template.
 */
export function categoryPart(
  seed: number,
  categories: readonly string[],
  split: Split,
  ...use: readonly string[]
): readonly string[] {
  return parts(new Rng(seed, "split", ...use).shuffled(categories))[split];
}

/** The split that may name an integer: by its remainder, so that all ranges are mixed. */
export function splitOfInteger(value: number): Split {
  const remainder = value % 5;
  return remainder === 1 ? "dev" : remainder === 3 ? "test" : "train";
}
