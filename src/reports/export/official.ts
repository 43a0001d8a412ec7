/**
 * BIRD's tables of scores by difficulty, as text.
 *
 * @module
 */

import type { ExportedRun } from "../exported_run.ts";
import { officialTables } from "../official_tables.ts";

/** EX, Soft-F1, and R-VES where queries were timed, in the layout of BIRD's `print_data`. */
export function official({ verdicts }: Pick<ExportedRun, "verdicts">): string {
  return `${officialTables(verdicts)}\n`;
}
