/**
 * What a warm-started policy can do before it is trained further, for its page.
 *
 * @module
 */

import type { EvaluationSummary } from "../../src/evaluation/summary.ts";
import { evaluationTable } from "../../src/reports/evaluation_table.ts";
import { PLAIN } from "../../src/reports/style.ts";

/**
 * The page's last section, in Markdown.
 *
 * @param questions Which questions were answered, as it stands after "On".
 */
export function startTables(
  questions: string,
  { greedy, sampled }: {
    readonly greedy: EvaluationSummary;
    readonly sampled: EvaluationSummary;
  },
): string {
  return `## Where training starts

On ${questions}, greedy as evaluations are:

\`\`\`
${evaluationTable(greedy.measures, null, PLAIN)}
\`\`\`

Sampled at temperature 1, as training does:

\`\`\`
${evaluationTable(sampled.measures, null, PLAIN)}
\`\`\`
`;
}
