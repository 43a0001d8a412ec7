/**
 * What is known of one question after a policy, or a file of predictions, has answered it: the row
 * that is stored, broken down, exported and shown.
 *
 * @module
 */

import type { Difficulty, Example } from "../dataset/example.ts";
import type { Episode, StopReason } from "../trajectory/episode.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type CallRedundancy, redundancyOf } from "./redundancy.ts";
import { softF1 } from "./soft_f1.ts";
import { type SqlFeature, sqlFeatures } from "./sql_features.ts";
import { type Disagreement, strictMatch } from "./strict_match.ts";

export { type Outcome, OUTCOMES } from "./outcome.ts";
export { SQL_FEATURES, type SqlFeature } from "./sql_features.ts";
export { type Disagreement, DISAGREEMENTS } from "./strict_match.ts";

/**
 * One question's result. All measures of an evaluation are computed from verdicts alone
 * (`summarize(verdicts, options)`), so that an evaluation can be streamed to the store, stopped,
 * resumed and summed up again without its episodes.
 */
export interface Verdict {
  readonly exampleId: string;
  readonly databaseId: string;
  readonly difficulty: Difficulty | null;
  readonly seed: number;
  readonly goldSql: string;
  /** Null when there was no answer. */
  readonly predictedSql: string | null;
  /** By BIRD's EX: sets of rows. */
  readonly isCorrect: boolean;
  /** By strict EX: duplicates count, order where the gold orders, reals to a tolerance. */
  readonly isStrictlyCorrect: boolean;
  readonly disagreement: Disagreement;
  /** BIRD's Soft-F1, 0 to 1. */
  readonly softF1: number;
  /** BIRD's R-VES reward, 0 to 1.25, and 0 for a wrong answer; null where queries were not timed. */
  readonly rVesReward: number | null;
  readonly outcome: Outcome;
  /** What SQLite, the sandbox or the parser said; empty where rows could be compared. */
  readonly message: string;
  /** Features of the gold SQL. */
  readonly features: readonly SqlFeature[];
  /** Every tool call with its redundancy classes. */
  readonly calls: readonly CallRedundancy[];
  /** Calls after the one that determined the answer; null where none did. */
  readonly excessSteps: number | null;
  /** Messages of the policy, and those of them that broke the format. */
  readonly messageCount: number;
  readonly violationCount: number;
  readonly stopReason: StopReason;
  /** Milliseconds in SQLite of the answer and of the gold SQL; null for no answer. */
  readonly predictedMs: number | null;
  readonly goldMs: number;
}

/**
 * Judges an episode. R-VES is left out: it needs times beside the episode's (`rVesReward()`).
 *
 * @param example The question that the episode answers.
 * @throws {RangeError} If the example is another one.
 */
export function verdictOf(
  episode: Episode,
  example: Pick<Example, "id" | "difficulty">,
): Verdict {
  const { exampleId, finalResult, goldResult, goldSql, steps } = episode;
  if (example.id !== exampleId) {
    throw new RangeError(
      `Cannot judge an episode as its example must be given: "${example.id}" is not "${exampleId}"`,
    );
  }
  const match = strictMatch(finalResult, goldResult, goldSql);
  const { calls, excessSteps } = redundancyOf(episode);
  return {
    exampleId,
    databaseId: episode.databaseId,
    difficulty: example.difficulty,
    seed: episode.seed,
    goldSql,
    predictedSql: episode.finalSql,
    ...match,
    softF1: softF1(finalResult, goldResult),
    rVesReward: null,
    ...outcomeOf(episode, match.isCorrect),
    features: sqlFeatures(goldSql),
    calls,
    excessSteps,
    messageCount: steps.length,
    violationCount: steps.filter(({ action }) => action.kind === "violation").length,
    stopReason: episode.stopReason,
    predictedMs: finalResult?.elapsedMs ?? null,
    goldMs: goldResult.elapsedMs,
  };
}
