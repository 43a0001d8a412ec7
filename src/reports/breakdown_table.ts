/**
 * EX by groups of questions: what they are, and how a policy went about them.
 *
 * @module
 */

import type { Breakdown } from "../evaluation/breakdown.ts";
import type { Score } from "../evaluation/execution_accuracy.ts";
import { estimateText } from "./measures.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** One way to group questions, with the score of each group. */
export interface Dimension {
  /** As a key of exports. */
  readonly name: string;
  readonly label: string;
  readonly groups: readonly (readonly [group: string, score: Score])[];
}

/** All ways, those of the questions first. */
export function dimensions(breakdown: Breakdown): Dimension[] {
  const dimension = (
    name: string,
    label: string,
    scores: ReadonlyMap<string | number, Score>,
  ): Dimension => ({
    name,
    label,
    groups: Array.from(scores, ([group, score]) => [String(group), score] as const),
  });
  return [
    dimension("difficulty", "difficulty", breakdown.byDifficulty),
    dimension("database", "database", breakdown.byDatabase),
    dimension("feature", "gold SQL has", breakdown.byFeature),
    dimension("toolCalls", "tool calls", breakdown.byCallCount),
    dimension("redundancy", "redundant calls (docs/metrics.md)", breakdown.byRedundancy),
    dimension("stopReason", "stop reason", breakdown.byStopReason),
  ];
}

/** The dimensions as one table, without those that have all questions in one group. */
export function breakdownTable(some: readonly Dimension[], style: Style): string {
  const shown = some.filter(({ groups }) => groups.length > 1);
  if (shown.length === 0) return "";
  const isAlone = shown.length === 1;
  const rows = shown.flatMap(({ label, groups }) => [
    ...isAlone ? [] : [[label, "", ""]],
    ...groups.map(([group, score]) => [
      isAlone ? group : `  ${group}`,
      scoreText(score, style),
      String(score.n),
    ]),
  ]);
  const right = (heading: string) => ({ heading, align: "right" } as const);
  const heading = isAlone ? `EX by ${shown[0].label}` : "EX by";
  return table([{ heading }, right("EX, % (95 % interval)"), right("n")], rows, style);
}

function scoreText({ percent, low, high, n }: Score, style: Style): string {
  return estimateText(
    "ex",
    { value: percent / 100, low: low / 100, high: high / 100, n },
    style,
  );
}
