/**
 * The trajectory viewer: a section of the page in which two attempts at a question stand side by
 * side, step by step, with what each step earned.
 *
 * @module
 */

import { escapeHtml, type Section } from "../section.ts";
import { ofQuestions, viewerData } from "./data.ts";
import type { ShownTrajectory } from "./shown.ts";
import css from "./viewer.css" with { type: "text" };
import script from "./viewer.js" with { type: "text" };

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
      data.questions.length < of ? ", first of those that most algorithms attempted" : ""
    }`;
  return { ...head, html: html(shown), css, script, data };
}

function html(shown: string): string {
  return `
<p>What a policy did on a question, and which of its steps the algorithm rewarded. A step's
<em>advantage</em> says which way training pushed it: <span class="chip more">above 0: made more
likely</span> <span class="chip less">below 0: made less likely</span>; the further from 0, the
stronger the colour and the push. GRPO, DAPO and GSPO give all steps of an attempt the same; FineStep
gives each step its own. Put two attempts side by side to see why.</p>
<details class="terms">
<summary>What the other numbers are</summary>
<dl>
<dt>hard</dt><dd>1 if the message keeps the format and its SQL runs, else 0</dd>
<dt>recall</dt><dd>share of the right result that the step's result holds</dd>
<dt>process</dt><dd>the step's own reward, of hard and recall</dd>
<dt>smoothed</dt><dd>process, drawn towards the steps next to it</dd>
<dt>discounted</dt><dd>reward of the final answer, less for steps further from it</dd>
<dt>value</dt><dd>discounted and smoothed mixed: what is compared with the other attempts</dd>
<dt>advantage</dt><dd>value less the average of the attempts compared, mostly in standard deviations</dd>
<dt>R1 to R6</dt><dd>a redundant call: it could have been left out, for the reason given. Marks with a
dashed edge are reported only and make no call redundant</dd>
</dl>
<p>Each algorithm sets some of these aside; its settings stand below each attempt. Long texts are cut,
and results are shown by their first 5 rows and 8 columns.</p>
</details>
<noscript><p>The viewer needs JavaScript.</p></noscript>
<p class="shown">In this page: ${escapeHtml(shown)}. <button type="button" data-do="help">Keys:
press <kbd>?</kbd></button></p>
<div class="viewer">
<details class="finder" open>
<summary>Questions: <span class="count" role="status"></span></summary>
<form role="search" aria-label="Trajectories">
<label class="wide">Search question, SQL, messages <input type="search" name="text"></label>
<label>Algorithm <select name="algorithm"></select></label>
<label>Outcome <select name="outcome"></select></label>
<label>Redundancy <select name="redundancy"></select></label>
<label>Phase <select name="phase"></select></label>
<label>Train step from <input type="number" name="from" min="0"></label>
<label>to <input type="number" name="to" min="0"></label>
<button type="reset" class="wide">Clear filters</button>
</form>
<ol class="questions" aria-label="Questions"></ol>
</details>
<div class="detail" role="region" aria-label="Chosen question"></div>
</div>
<dialog aria-label="Keys">
<h3>Keys</h3>
<dl>
<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next, previous question (in the list also arrows)</dd>
<dt><kbd>[</kbd> <kbd>]</kbd></dt><dd>previous, next attempt A, of those that pass the filters</dd>
<dt><kbd>{</kbd> <kbd>}</kbd></dt><dd>previous, next attempt B, of all</dd>
<dt><kbd>/</kbd></dt><dd>search</dd>
<dt><kbd>?</kbd></dt><dd>this list</dd>
</dl>
<p>The address of the page always names what is shown, so it can be sent to others.</p>
<form method="dialog"><button>Close</button></form>
</dialog>`;
}
