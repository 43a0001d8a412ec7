/**
 * Which questions a policy learns from and which it is judged on.
 *
 * @module
 */

import { Rng } from "../config/rng.ts";
import { type Dataset, loadDataset } from "./dataset.ts";
import type { Example } from "./example.ts";
import { hasSplit } from "./layout.ts";
import type { SqlPool } from "../sandbox/pool.ts";
import { selected } from "./selection.ts";

/** Share of the questions that is held out where a data set has only one split. */
const HELD_OUT_SHARE = 0.3;

/** Questions to train on and other questions to evaluate on. */
export interface TrainingData {
  readonly training: readonly Example[];
  readonly heldOut: readonly Example[];
  /** The name of the task that all of them are of. */
  readonly task: string;
  /** What they are, for people: `bird train (1200) / dev (240)`. */
  readonly description: string;
  readonly warnings: readonly string[];
}

/** Where the questions are. */
export interface TrainingDataOptions {
  readonly data: string;
  /** Split to train on; "train" where there is one by default. */
  readonly split: string;
  /** Folder to evaluate on; the same one by default. */
  readonly evalData: string;
  /** Split to evaluate on. */
  readonly evalSplit: string;
  /** Which of the questions, as `--filter` of `finestep eval` has it; all by default. */
  readonly filter?: string;
  readonly seed: number;
  /** Where a folder of that name lies; where the name says by default. */
  readonly locate?: (named: string) => string;
}

/**
 * Loads what to train on and what to evaluate on. A folder with a train split and a split to
 * evaluate on gives both; of a folder with a single split, a seeded share is held out.
 *
 * @throws As {@linkcode loadDataset}.
 * @throws {RangeError} If there are no questions to evaluate on.
 */
export async function loadTrainingData(
  options: TrainingDataOptions,
  pool: Pick<SqlPool, "execute">,
): Promise<TrainingData> {
  const { data, split, evalData, evalSplit, seed, locate = (named) => named } = options;
  const trainSplit = split || (await hasSplit(locate(data), "train") ? "train" : undefined);
  const load = async (folder: string, split?: string): Promise<Dataset> => {
    const dataset = await loadDataset(locate(folder), { split, pool });
    const choice = { filter: options.filter ?? "", sample: 0, seed, limit: 0 };
    // What is wrong with no questions at all is said below.
    const hasQuestions = dataset.examples.length > 0;
    return { ...dataset, examples: hasQuestions ? selected(dataset.examples, choice) : [] };
  };
  const training = await load(data, trainSplit);
  const other = evalData || data;
  const isSeparate = evalData !== "" ||
    (evalSplit !== training.split && await hasSplit(locate(data), evalSplit));
  if (!isSeparate) return dividedData(data, training, seed);
  const heldOut = await load(other, evalSplit);
  if (heldOut.examples.length === 0) {
    throw new RangeError(
      `Cannot train as there must be questions to evaluate on: none in ${heldOut.files.questions}`,
    );
  }
  if (heldOut.task !== training.task) {
    throw new RangeError(
      `Cannot train as the questions to evaluate on must be of the same task: ${heldOut.task} in ` +
        `${heldOut.files.questions} is not ${training.task}`,
    );
  }
  return {
    training: training.examples,
    heldOut: heldOut.examples,
    task: training.task,
    description: `${describe(data, training)}, evaluated on ${describe(other, heldOut)}`,
    warnings: [...training.warnings, ...heldOut.warnings],
  };
}

function dividedData(directory: string, dataset: Dataset, seed: number): TrainingData {
  const { training, heldOut } = divided(dataset.examples, HELD_OUT_SHARE, seed);
  return {
    training,
    heldOut,
    task: dataset.task,
    description:
      `${describe(directory, { split: dataset.split, examples: training })}, evaluated on the ` +
      `${heldOut.length} held out of it`,
    warnings: dataset.warnings,
  };
}

/**
 * Divides examples at random, each part in the original order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { divided } from "./held_out.ts";
 *
 * const { training, heldOut } = divided([1, 2, 3, 4], 0.25, 7);
 * assert.equal(heldOut.length, 1);
 * assert.deepEqual([...training, ...heldOut].sort(), [1, 2, 3, 4]);
 * ```
 *
 * @param share Share held out, in (0, 1); at least one example goes to either part.
 * @throws {RangeError} If there are fewer than two examples.
 */
export function divided<T>(
  items: readonly T[],
  share: number,
  seed: number,
): { training: T[]; heldOut: T[] } {
  if (items.length < 2) {
    throw new RangeError(
      `Cannot hold out questions as there must be at least 2: there are ${items.length}`,
    );
  }
  const order = new Rng(seed, "held out").shuffled(items.map((_, index) => index));
  const count = Math.min(items.length - 1, Math.max(1, Math.round(share * items.length)));
  const out = new Set(order.slice(0, count));
  return {
    training: items.filter((_, index) => !out.has(index)),
    heldOut: items.filter((_, index) => out.has(index)),
  };
}

function describe(
  directory: string,
  { split, examples }: Pick<Dataset, "split" | "examples">,
): string {
  return `${directory} ${split} (${examples.length} questions)`;
}
