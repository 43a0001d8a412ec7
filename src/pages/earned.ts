/**
 * What each kind of step earned in training, algorithm beside algorithm: why one algorithm unlearns
 * what another keeps.
 *
 * @module
 */

import { REDUNDANCY_CATEGORIES, type RedundancyClass } from "../evaluation/redundancy.ts";
import { type Cell, html, paragraphHtml, tableHtml } from "./markup.ts";
import type { Section } from "./section.ts";
import type { ShownStep, ShownTrajectory } from "./trajectories/shown.ts";

/** Kinds of steps, in the order of the table. */
const KINDS = {
  answer: "the answer",
  newCall: "a call that tells something new",
  redundant: "a redundant call",
  failed: "a call that fails",
  violation: "a message that breaks the format",
};

/** What a step was, as far as its credit is compared. */
export type StepKind = keyof typeof KINDS;

/** Steps of one kind: how many, and the mean of their advantages. */
export interface Earned {
  readonly count: number;
  readonly mean: number;
}

/** Policies are still alike in the first train steps; later each has its own kinds of steps. */
const FIRST_STEPS = 10;

const CATEGORIES: ReadonlySet<RedundancyClass> = new Set(REDUNDANCY_CATEGORIES);

/** The kind of a step. A redundant call that fails counts as redundant. */
export function kindOf({ kind, classes, result }: ShownStep): StepKind {
  if (kind !== "toolCall") return kind;
  if (classes.some((name) => CATEGORIES.has(name))) return "redundant";
  return result?.kind === "rows" ? "newCall" : "failed";
}

/**
 * The mean advantage of the steps of one kind, by algorithm, over trajectories that were trained on and
 * ended right, or wrong.
 */
export function earned(
  trajectories: readonly ShownTrajectory[],
  kind: StepKind,
  isCorrect: boolean,
): Map<string, Earned> {
  const trained = trajectories.filter((one) =>
    one.use === "trained" && one.trainStep! < FIRST_STEPS && one.isCorrect === isCorrect
  );
  const groups = Map.groupBy(trained, ({ algorithm }) => algorithm);
  return new Map(Array.from(groups, ([algorithm, some]) => {
    const advantages = some.flatMap(({ steps }) => steps)
      .filter((step) => kindOf(step) === kind)
      .map(({ credit }) => credit.advantage!);
    const sum = advantages.reduce((total, advantage) => total + advantage, 0);
    return [algorithm, { count: advantages.length, mean: sum / advantages.length }];
  }));
}

/** Two tables, of trajectories that ended right and wrong; null where nothing was trained on. */
export function earnedSection(trajectories: readonly ShownTrajectory[]): Section | null {
  const algorithms = [
    ...new Set(
      trajectories.filter(({ use }) => use === "trained").map(({ algorithm }) => algorithm),
    ),
  ];
  if (algorithms.length === 0) return null;
  const columns = algorithms.map((heading) => ({ heading, isNumber: true }));
  const tables = [true, false].map((isCorrect) => {
    const rows = (Object.keys(KINDS) as StepKind[]).map((kind) => {
      const found = earned(trajectories, kind, isCorrect);
      return [KINDS[kind], ...algorithms.map((name) => earnedCell(found.get(name)))];
    });
    const ended = isCorrect ? "right" : "wrong";
    return tableHtml(
      `Mean advantage of steps in trajectories that ended ${ended}`,
      [{ heading: "step" }, ...columns],
      rows,
    );
  });
  return {
    id: "earned",
    title: "What steps earned",
    html: [
      paragraphHtml(
        "Training makes a step more likely where its advantage is above 0 and less likely where it is below. " +
          "An algorithm that gives all steps of a trajectory one advantage rewards a needless call as much as " +
          "the right answer after it. Below each mean is the number of steps: those that were trained on in " +
          `the first ${FIRST_STEPS} train steps of each algorithm's first training.`,
      ),
      ...tables,
    ].join("\n"),
  };
}

function earnedCell(found: Earned | undefined): Cell {
  if (!found || found.count === 0) return "";
  const { mean, count } = found;
  const sign = mean > 0 ? "+" : mean < 0 ? "−" : "";
  return html(`${sign}${Math.abs(mean).toFixed(2)} <span class="interval">${count}</span>`);
}
