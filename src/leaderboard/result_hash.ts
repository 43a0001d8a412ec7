/**
 * What an evaluation found, as one hash: the same policy, exam and seed must give it again.
 *
 * @module
 */

import type { Verdict } from "../evaluation/verdict.ts";
import { canonicalSha256 } from "./canonical.ts";

/**
 * SHA-256 over all that is determinate in verdicts, which is everything but times and the R-VES reward
 * made of them. The order of the verdicts does not count.
 *
 * @example Times do not count, answers do
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Verdict } from "../evaluation/verdict.ts";
 * import { resultHash } from "./result_hash.ts";
 *
 * const verdict = { exampleId: "7", seed: 1, predictedSql: "SELECT 1", goldMs: 0.2 } as Verdict;
 * const hash = resultHash([verdict]);
 * assert.equal(resultHash([{ ...verdict, goldMs: 0.3 }]), hash);
 * assert.notEqual(resultHash([{ ...verdict, predictedSql: "SELECT 2" }]), hash);
 * ```
 *
 * @returns 64 hexadecimal digits.
 */
export function resultHash(verdicts: readonly Verdict[]): string {
  return canonicalSha256(
    verdicts
      .toSorted((a, b) => compared(a.exampleId, b.exampleId) || compared(a.seed, b.seed))
      .map(({ predictedMs: _, goldMs: __, rVesReward: ___, ...determinate }) => determinate),
  );
}

function compared<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}
