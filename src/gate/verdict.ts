/**
 * What the gate says of a tree.
 *
 * @module
 */

/** Of the whole, and of each metric. */
export type Verdict = "PASS" | "REGRESSION" | "INCONCLUSIVE";

/** Exit codes by verdict. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  PASS: 0,
  REGRESSION: 1,
  INCONCLUSIVE: 2,
};

/** The verdict of parts: one regression is one of the whole, and what is open stays open. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("REGRESSION")) return "REGRESSION";
  return verdicts.includes("INCONCLUSIVE") ? "INCONCLUSIVE" : "PASS";
}
