/**
 * EX by what a question is and by how the policy went about it, and why answers were not right.
 *
 * Intervals take verdicts as independent: with several attempts at a question they are too narrow.
 *
 * @module
 */

import type { StopReason } from "../trajectory/episode.ts";
import { exScore, type Score, score, type Share, shareOf } from "./execution_accuracy.ts";
import { REDUNDANCY_CATEGORIES, type RedundancyCategory } from "./redundancy.ts";
import {
  type Disagreement,
  DISAGREEMENTS,
  type Outcome,
  OUTCOMES,
  SQL_FEATURES,
  type SqlFeature,
  type Verdict,
} from "./verdict.ts";

/** How often something was the case. */
export interface Count extends Share {
  readonly count: number;
}

/** Scores and counts by group; groups without questions are left out. */
export interface Breakdown {
  readonly total: Score;
  /** In BIRD's order, `unrated` last. */
  readonly byDifficulty: ReadonlyMap<string, Score>;
  /** By name. */
  readonly byDatabase: ReadonlyMap<string, Score>;
  /** A question counts in each feature of its gold SQL, and in `none` where that has none. */
  readonly byFeature: ReadonlyMap<SqlFeature | "none", Score>;
  /** By number, ascending. */
  readonly byCallCount: ReadonlyMap<number, Score>;
  /** A question counts in each class of its redundant calls, and in `none` without one. */
  readonly byRedundancy: ReadonlyMap<RedundancyCategory | "none", Score>;
  /** By name. */
  readonly byStopReason: ReadonlyMap<StopReason, Score>;
  /** How many questions came out how, in the order of {@linkcode OUTCOMES}. */
  readonly outcomes: ReadonlyMap<Outcome, Count>;
}

/** A question on which strict EX and BIRD's EX differ. */
export interface DisagreementRow {
  readonly exampleId: string;
  readonly databaseId: string;
  readonly isCorrect: boolean;
  readonly isStrictlyCorrect: boolean;
  readonly reason: Disagreement;
}

/** Where strict EX and BIRD's EX differ. */
export interface Disagreements {
  /** How many questions for each reason, `same` included. */
  readonly counts: ReadonlyMap<Disagreement, Count>;
  /** In the order of the verdicts. */
  readonly rows: readonly DisagreementRow[];
}

/** Breaks EX down by difficulty, database, gold SQL, tool calls, redundancy, stop reason and outcome. */
export function breakdown(verdicts: readonly Verdict[]): Breakdown {
  return {
    total: score(verdicts),
    byDifficulty: exScore(verdicts).byDifficulty,
    byDatabase: scoresBy(verdicts, ({ databaseId }) => databaseId),
    byFeature: scoresByNames([...SQL_FEATURES, "none"], verdicts, ({ features }) => features),
    byCallCount: scoresBy(verdicts, ({ calls }) => calls.length),
    byRedundancy: scoresByNames([...REDUNDANCY_CATEGORIES, "none"], verdicts, categories),
    byStopReason: scoresBy(verdicts, ({ stopReason }) => stopReason),
    outcomes: counts(OUTCOMES, verdicts.map(({ outcome }) => outcome)),
  };
}

/** Where strict EX and BIRD's EX differ, and for which reason. */
export function disagreements(verdicts: readonly Verdict[]): Disagreements {
  return {
    counts: counts(DISAGREEMENTS, verdicts.map(({ disagreement }) => disagreement)),
    rows: verdicts
      .filter(({ disagreement }) => disagreement !== "same")
      .map(({ exampleId, databaseId, isCorrect, isStrictlyCorrect, disagreement }) => ({
        exampleId,
        databaseId,
        isCorrect,
        isStrictlyCorrect,
        reason: disagreement,
      })),
  };
}

function categories({ calls }: Verdict): RedundancyCategory[] {
  return calls.flatMap(({ category }) => category ?? []);
}

function scoresBy<K extends string | number>(
  verdicts: readonly Verdict[],
  keyOf: (verdict: Verdict) => K,
): Map<K, Score> {
  const groups = [...Map.groupBy(verdicts, keyOf)].sort(([a], [b]) => a < b ? -1 : 1);
  return new Map(groups.map(([key, group]) => [key, score(group)]));
}

/** Scores of overlapping groups: a verdict counts in each of its names, in `none` where it has none. */
function scoresByNames<K extends string>(
  names: readonly (K | "none")[],
  verdicts: readonly Verdict[],
  namesOf: (verdict: Verdict) => readonly K[],
): Map<K | "none", Score> {
  const named = verdicts.map((verdict) => {
    const its = namesOf(verdict);
    return { ...verdict, names: new Set<K | "none">(its.length === 0 ? ["none"] : its) };
  });
  return new Map(names.flatMap((name) => {
    const group = named.filter(({ names }) => names.has(name));
    return group.length === 0 ? [] : [[name, score(group)]];
  }));
}

/** How often each name occurs, in the order of the names; those that do not occur are left out. */
function counts<K extends string>(names: readonly K[], found: readonly K[]): Map<K, Count> {
  const groups = Map.groupBy(found, (name) => name);
  return new Map(
    names.filter((name) => groups.has(name)).map((name) => {
      const count = groups.get(name)!.length;
      return [name, { count, ...shareOf(count, found.length) }];
    }),
  );
}
