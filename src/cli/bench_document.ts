/**
 * An experiment as JSON: its command, its cells with the hash of what each found, and its comparisons. A
 * cell that is run again must have the same hash.
 *
 * @module
 */

import { newerForm } from "../config/form.ts";
import { resultHash } from "../leaderboard/result_hash.ts";
import { type BenchResult, comparisons } from "../reports/bench_tables.ts";

/** Name and version of the form; the version goes up with a change that breaks readers. */
const BENCH_FORMAT = "finestep.bench/1";

/** Where an experiment comes from. */
export interface Source {
  /** The command line after `finestep bench`. */
  readonly argv: readonly string[];
  readonly commit: string | null;
}

/** A cell's exam, with the hash of its verdicts in their place. */
export type CellRecord = Omit<BenchResult, "verdicts"> & { readonly resultHash: string };

/** The experiment as a value of JSON. */
export function benchDocument(source: Source, results: readonly BenchResult[]) {
  return { schema: BENCH_FORMAT, ...source, cells: results.map(recordOf), ...comparisons(results) };
}

function recordOf({ verdicts, ...result }: BenchResult): CellRecord {
  return { ...result, resultHash: resultHash(verdicts) };
}

/**
 * Reads what {@linkcode benchDocument} wrote.
 *
 * @throws {RangeError} If a newer program wrote the file, or it is not one of `finestep bench --json`.
 */
export async function readBenchDocument(
  path: string,
): Promise<Source & { readonly cells: readonly CellRecord[] }> {
  const text = await Deno.readTextFile(path);
  const { schema, argv, cells } = parsed(text);
  const newer = newerForm(schema, BENCH_FORMAT);
  if (newer) throw new RangeError(`Cannot read the experiment ${path} as ${newer}`);
  // The first ones had no schema, and are read as well.
  if (Array.isArray(argv) && Array.isArray(cells)) return JSON.parse(text);
  throw new RangeError(
    `Cannot read an experiment as it must be what "finestep bench --json" printed: ${path} is not`,
  );
}

function parsed(
  text: string,
): { readonly schema?: unknown; readonly argv?: unknown; readonly cells?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/**
 * Compares cells that were run again with what they were.
 *
 * @returns A line for each exam of each cell, and whether all are the same.
 * @throws {RangeError} If the experiment has no such cell.
 */
export function sameAgain(
  again: readonly BenchResult[],
  cells: readonly CellRecord[],
): { readonly lines: string[]; readonly areSame: boolean } {
  const found = again.map((result) => {
    const { variant, seed, exam, resultHash: now } = recordOf(result);
    const before = cells.find((cell) => nameOf(cell) === nameOf(result));
    if (!before) {
      throw new RangeError(
        `Cannot compare ${variant} ${seed} as the experiment must have it: there is no such cell`,
      );
    }
    const isSame = before.resultHash === now;
    const decoding = exam.temperature === 0 ? "greedy" : `temperature ${exam.temperature}`;
    const hashes = isSame
      ? now.slice(0, 12)
      : `${before.resultHash.slice(0, 12)}, now ${now.slice(0, 12)}`;
    return {
      isSame,
      line: `${variant}, seed ${seed}, ${exam.split}, ${decoding}: ` +
        `${isSame ? "the same results" : "OTHER results"} (${hashes})`,
    };
  });
  return { lines: found.map(({ line }) => line), areSame: found.every(({ isSame }) => isSame) };
}

const nameOf = ({ variant, seed, exam }: Pick<BenchResult, "variant" | "seed" | "exam">) =>
  JSON.stringify([variant, seed, exam.split, exam.temperature, exam.samples]);
