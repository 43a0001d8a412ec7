/**
 * The shortest form of an evaluation: question id to 0 or 1 by BIRD's EX.
 *
 * @module
 */

import type { ExportedRun } from "../exported_run.ts";

/**
 * A JSON object with an entry a line.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Verdict } from "../../evaluation/verdict.ts";
 * import { verdictsJson } from "./verdicts.ts";
 *
 * const verdicts = [{ exampleId: "7", isCorrect: true }] as Verdict[];
 * assert.equal(verdictsJson({ verdicts }), '{\n "7": 1\n}\n');
 * ```
 *
 * @throws {RangeError} If a question was tried several times.
 */
export function verdictsJson({ verdicts }: Pick<ExportedRun, "verdicts">): string {
  const ids = new Set(verdicts.map(({ exampleId }) => exampleId));
  if (ids.size < verdicts.length) {
    throw new RangeError(
      `Cannot write verdicts as each question must have been tried once: ` +
        `there are ${verdicts.length} attempts at ${ids.size} questions`,
    );
  }
  // Written by hand, as an object would put ids that are numbers in another order.
  const lines = verdicts.map(({ exampleId, isCorrect }) =>
    ` ${JSON.stringify(exampleId)}: ${Number(isCorrect)}`
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}
