/**
 * The trajectory viewer: a section of the page in which two attempts at a question stand side by
 * side, step by step, with what each step earned.
 *
 * @module
 */

import type { Section } from "../section.ts";
import { ofQuestions, viewerData } from "./data.ts";
import type { ShownTrajectory } from "./shown.ts";
import CSS from "./viewer.css" with { type: "text" };
import HTML from "./viewer.html" with { type: "text" };
import SCRIPT from "./viewer.js" with { type: "text" };

export { type ShownOptions, shownTrajectories, type ShownTrajectory } from "./shown.ts";

/** What of the trajectories is shown. */
export interface TrajectorySectionOptions {
  /** Questions shown at most, with all their attempts. */
  readonly questions?: number;
}

/**
 * The section. Nothing in it is taken for HTML: the script sets text only.
 *
 * @example No trajectory, no script
 * ```ts
 * import assert from "node:assert/strict";
 * import { trajectorySection } from "./mod.ts";
 *
 * const { id, html, script } = trajectorySection([]);
 * assert.equal(id, "trajectories");
 * assert.match(html, /No trajectories/);
 * assert.equal(script, undefined);
 * ```
 *
 * @param trajectories Of any runs and phases, in the order in which they are to be listed.
 */
export function trajectorySection(
  trajectories: readonly ShownTrajectory[],
  { questions = 60 }: TrajectorySectionOptions = {},
): Section {
  const head = { id: "trajectories", title: "Trajectories, step by step" };
  if (trajectories.length === 0) {
    return { ...head, html: "<p>No trajectories are stored for these runs.</p>" };
  }
  const { chosen, of } = ofQuestions(trajectories, questions);
  const data = viewerData(chosen);
  const shown = `${data.questions.length} of ${of} questions, ${chosen.length} of ` +
    `${trajectories.length} trajectories${
      data.questions.length < of ? "; those that most algorithms attempted come first" : ""
    }`;
  return { ...head, html: HTML.replace("{shown}", shown), css: CSS, script: SCRIPT, data };
}
