/**
 * The cells of an experiment: algorithms, or changes of one, by seed, and the command lines of each. The
 * same options give the same command lines, by which the store knows what is done.
 *
 * @module
 */

/** What an experiment compares. */
export interface GridOptions {
  /** Names, each with flags of its own after it, for instance `grpo --learning-rate 0.0006`. */
  readonly algorithms: readonly string[];
  /** How many seeds, from `firstSeed` on. */
  readonly seeds: number;
  readonly firstSeed: number;
  /** Whether FineStep is also trained without each of its parts, and GiGPO beside it. */
  readonly ablations: boolean;
}

/** One training of the experiment. */
export interface Cell {
  /** The algorithm, or what is changed of it. */
  readonly variant: string;
  readonly seed: number;
  /** Flags of `finestep train` that make the cell what it is. */
  readonly flags: readonly string[];
}

/** How policies are evaluated. */
export interface Exam {
  readonly split: string;
  /** 0 is greedy, 1 is as in training. */
  readonly temperature: number;
  /** Attempts at each question. */
  readonly samples: number;
}

/** FineStep without one of its parts each (docs/method.md). */
const ABLATIONS: Readonly<Record<string, readonly string[]>> = {
  "finestep, no process reward": ["--lambda", "1"],
  "finestep, no soft reward": ["--soft-weight", "0"],
  "finestep, no hard constraint": ["--process-combine", "sum", "--soft-weight", "1"],
  "finestep, no discount": ["--gamma", "1"],
  "finestep, no smoothing": ["--smoothing", "none"],
  "finestep, by trajectory": ["--norm-group", "trajectory"],
  "finestep, step ratio": ["--ratio", "step"],
  "finestep, sequence ratio": ["--ratio", "sequence"],
};

/** Another method that gives credit to steps. */
const OTHER_STEP_CREDIT = "gigpo";

/**
 * All cells, seed by seed, so that an experiment that is stopped early has all variants on some seeds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { cellsOf } from "./grid.ts";
 *
 * const options = { seeds: 2, firstSeed: 7, ablations: false };
 * const cells = cellsOf({ algorithms: ["finestep", "grpo"], ...options });
 * assert.deepEqual(cells.map(({ variant, seed }) => `${variant} ${seed}`), [
 *   "finestep 7", "grpo 7", "finestep 8", "grpo 8",
 * ]);
 * ```
 */
export function cellsOf({ algorithms, seeds, firstSeed, ablations }: GridOptions): Cell[] {
  const entries = ablations ? [...algorithms, OTHER_STEP_CREDIT] : algorithms;
  const variants = [
    ...entries.map((entry) => variantOf(entry, entries)),
    ...Object.entries(ablations ? ABLATIONS : {}).map(([variant, flags]) => ({
      variant,
      flags: ["--algorithm", "finestep", ...flags],
    })),
  ];
  return Array.from({ length: seeds }, (_, n) => firstSeed + n).flatMap((seed) =>
    variants.map(({ variant, flags }) => ({
      variant,
      seed,
      flags,
    }))
  );
}

/** An algorithm goes by its name alone where it stands once. */
function variantOf(entry: string, entries: readonly string[]) {
  const [name, ...flags] = entry.split(/\s+/);
  const isOnlyOne = entries.filter((other) => other.split(/\s+/)[0] === name).length === 1;
  return { variant: isOnlyOne ? name : entry, flags: ["--algorithm", name, ...flags] };
}

/** Every split greedily, by BIRD's convention, and as policies act in training. */
export function examsOf(splits: readonly string[], samples: number): Exam[] {
  return splits.flatMap((split) => [
    { split, temperature: 0, samples: 1 },
    { split, temperature: 1, samples },
  ]);
}

/** Flags of `finestep eval` for an exam of a policy. */
export function examFlags({ split, temperature, samples }: Exam, model: string, seed: number) {
  return [
    ...["--model", model, "--split", split, "--temperature", String(temperature)],
    ...["--samples", String(samples), "--seed", String(seed)],
  ];
}
