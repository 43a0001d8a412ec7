import assert from "finestep/assert";
import { earned, earnedSection, type StepKind } from "../../src/pages/earned.ts";
import { shownTrajectories } from "../../src/pages/trajectories/mod.ts";
import { ATTEMPTS, recordsOf, runOf } from "./trajectories/attempts.ts";

const shown = (algorithm: string, trainStep = 0) => [
  ...shownTrajectories(runOf(algorithm), recordsOf(ATTEMPTS, { trainStep })),
];
const mean = (algorithm: string, kind: StepKind, isCorrect: boolean) =>
  [...earned(shown(algorithm), kind, isCorrect).values()][0].mean;

Deno.test("earned() of GRPO is the same for all steps of trajectories that ended alike", () => {
  // Two of four are right: (1 - 1/2) over the sample's deviation sqrt(1 / 3).
  const advantage = 0.5 / Math.sqrt(1 / 3);
  for (const kind of ["answer", "newCall", "redundant"] as const) {
    assert(Math.abs(mean("grpo", kind, true) - advantage) < 1e-5, kind);
  }
  for (const kind of ["answer", "newCall", "failed", "violation"] as const) {
    assert(Math.abs(mean("grpo", kind, false) + advantage) < 1e-5, kind);
  }
});

Deno.test("earned() of FineStep tells the kinds of steps apart", () => {
  assert(mean("finestep.default", "answer", true) > mean("finestep.default", "redundant", true));
  assert(mean("finestep.default", "newCall", false) > mean("finestep.default", "failed", false));
});

Deno.test("earned() counts steps that were trained on, of the first ten train steps", () => {
  const count = (trainStep: number) =>
    earned(shown("grpo", trainStep), "answer", true).get("grpo")?.count;
  assert.deepEqual([count(0), count(9), count(10)], [2, 2, undefined]);
});

Deno.test("earnedSection() has a column for each algorithm, and is left out where nothing was trained", () => {
  const { html } = earnedSection([...shown("grpo"), ...shown("finestep")])!;
  assert.match(html, /<th scope="col" class="n">grpo<\/th><th scope="col" class="n">finestep/);
  assert.match(html, /a redundant call<\/th><td class="n">\+0\.87/);
  assert.equal(earnedSection([]), null);
});
