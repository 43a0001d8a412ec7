/**
 * Verdicts as JSON lines: one question a line, in the order of the questions.
 *
 * @module
 */

import type { ExportedRun } from "../exported_run.ts";
import { VERDICT_FORMAT } from "./schema.ts";

/**
 * Each line is a `Verdict` of src/evaluation/verdict.ts with the name of its form; its schema is
 * {@linkcode VERDICT_LINE}.
 */
export function jsonLines({ verdicts }: Pick<ExportedRun, "verdicts">): string {
  return verdicts.map((verdict) => `${JSON.stringify({ schema: VERDICT_FORMAT, ...verdict })}\n`)
    .join("");
}
