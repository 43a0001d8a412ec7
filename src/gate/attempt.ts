/**
 * One attempt at a question as the gate keeps it: the counts that its metrics are made of, and a
 * digest of everything else that may not change unseen.
 *
 * @module
 */

import { isRedundant } from "../evaluation/redundancy.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import { resultHash } from "../leaderboard/result_hash.ts";

/** Names and order of an attempt's fields in the file of a baseline. */
export const COLUMNS = [
  "question",
  "database",
  "seed",
  "right",
  "strictly right",
  "calls",
  "redundant",
  "failed",
  "messages",
  "violations",
  "digest",
] as const;

/** An attempt. Counts are of tool calls and of messages; `right` is 1 or 0, by EX. */
export interface AttemptResult {
  readonly exampleId: string;
  readonly databaseId: string;
  readonly seed: number;
  readonly right: number;
  readonly strictlyRight: number;
  readonly calls: number;
  readonly redundant: number;
  readonly failed: number;
  readonly messages: number;
  readonly violations: number;
  /** The first digits of the verdict's `resultHash()`. */
  readonly digest: string;
}

/** The attempts of an evaluation: one greedy at each question, and several sampled as in training. */
export interface Exams<T = readonly AttemptResult[]> {
  readonly greedy: T;
  readonly sampled: T;
}

/** The names of {@linkcode Exams}. */
export const EXAMS = ["greedy", "sampled"] as const satisfies readonly (keyof Exams)[];

const DIGEST_LENGTH = 12;

/** What the gate keeps of a verdict. */
export function attemptOf(verdict: Verdict): AttemptResult {
  const { exampleId, databaseId, seed, calls } = verdict;
  return {
    exampleId,
    databaseId,
    seed,
    right: Number(verdict.isCorrect),
    strictlyRight: Number(verdict.isStrictlyCorrect),
    calls: calls.length,
    redundant: calls.filter(isRedundant).length,
    failed: calls.filter(({ hasFailed }) => hasFailed).length,
    messages: verdict.messageCount,
    violations: verdict.violationCount,
    digest: resultHash([verdict]).slice(0, DIGEST_LENGTH),
  };
}

/** Tells the attempts of one exam apart. */
export function attemptKey({ exampleId, seed }: AttemptResult): string {
  return `${exampleId} ${seed}`;
}
