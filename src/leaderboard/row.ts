/**
 * A row of the leaderboard, made of stored evaluations: one system, one exam, one or more seeds.
 *
 * @module
 */

import { firstDifference, type RunIdentity } from "../store/identity.ts";
import { identified } from "./board.ts";
import { resultHash } from "./result_hash.ts";
import type { Exam, Row, RowRun } from "./schema.ts";
import { type Findings, scoresOf } from "./scores.ts";

/** Who was examined. */
export interface System {
  readonly name: string;
  readonly kind: Row["kind"];
  readonly algorithm: string | null;
  /** All that makes it what it is, but for the seed. */
  readonly settings: unknown;
}

/** A finished evaluation. */
export interface Examined extends Findings {
  /** Its run in the store, for messages. */
  readonly runId: number;
  readonly identity: RunIdentity;
  readonly system: System;
  readonly training: RowRun["training"];
  /** Name of the data set's folder. */
  readonly dataSet: string;
  readonly command: string;
  readonly commit: string | null;
  /** ISO 8601, UTC. */
  readonly finished: string;
}

/** The part of an identity in which rows must agree to be compared. */
export function examOf({ policy: _, seed: __, versions: ___, ...exam }: RunIdentity): Exam {
  return exam;
}

/**
 * The row of a system's evaluations.
 *
 * @param examined One for each seed.
 * @param name In place of the system's own.
 * @throws {RangeError} If there is no evaluation, or they are not of one system, exam, commit and version
 * of the program, or two are of the same seed.
 */
export function rowOf(examined: readonly Examined[], name?: string): Row {
  if (examined.length === 0) {
    throw new RangeError("Cannot make a row as there must be an evaluation: there is none");
  }
  const runs = examined.toSorted((a, b) => a.identity.seed - b.identity.seed);
  refuseDifferences(runs);
  const [{ identity, system, commit, dataSet }] = runs;
  return identified({
    name: name ?? system.name,
    kind: system.kind,
    algorithm: system.algorithm,
    dataSet,
    exam: examOf(identity),
    measures: scoresOf(runs),
    runs: runs.map(rowRun),
    commit,
    versions: identity.versions,
    date: runs.map(({ finished }) => finished).toSorted().at(-1)!,
  });
}

function rowRun({ identity, verdicts, metrics, command, training }: Examined): RowRun {
  const { modelSha256, predictionsSha256 } = identity.policy;
  return {
    seed: identity.seed,
    policySha256: (modelSha256 ?? predictionsSha256)!,
    resultHash: resultHash(verdicts),
    command,
    training,
    values: Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  };
}

/** Of runs in the order of their seeds. */
function refuseDifferences([first, ...others]: readonly Examined[]): void {
  let before = first;
  for (const run of others) {
    const difference = firstDifference(comparable(first), comparable(run));
    if (difference !== null) {
      throw notOneRow(first, run, `one system on one exam, apart from seeds: ${difference}`);
    }
    if (run.identity.seed === before.identity.seed) {
      throw notOneRow(before, run, `of different seeds: both are of ${run.identity.seed}`);
    }
    before = run;
  }
}

function notOneRow(first: Examined, other: Examined, rule: string): RangeError {
  return new RangeError(
    `Cannot make one row of runs ${first.runId} and ${other.runId} as they must be ${rule}`,
  );
}

function comparable({ identity, system, commit }: Examined) {
  const { kind, algorithm, settings } = system;
  const { versions } = identity;
  return { exam: examOf(identity), system: { kind, algorithm, settings }, commit, versions };
}
