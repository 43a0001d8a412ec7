/**
 * Verdicts as JSON lines: one question a line, in the order of the questions.
 *
 * @module
 */

import type { ExportedRun } from "../exported_run.ts";

/** Each line is a `Verdict` of src/evaluation/verdict.ts; its schema is {@linkcode VERDICT}. */
export function jsonLines({ verdicts }: Pick<ExportedRun, "verdicts">): string {
  return verdicts.map((verdict) => `${JSON.stringify(verdict)}\n`).join("");
}
