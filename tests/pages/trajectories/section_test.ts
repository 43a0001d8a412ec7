import assert from "finestep/assert";
import { pageHtml } from "../../../src/pages/page.ts";
import {
  shownTrajectories,
  type ShownTrajectory,
  trajectorySection,
} from "../../../src/pages/trajectories/mod.ts";
import type { ViewerData } from "../../../src/pages/trajectories/data.ts";
import { asking, recordsOf, runOf } from "./attempts.ts";

function attemptsAt(questions: readonly string[], algorithm = "finestep"): ShownTrajectory[] {
  const records = recordsOf(questions.flatMap((id) => asking(`Question ${id}?`, id)));
  return [...shownTrajectories(runOf(algorithm, { id: algorithm.length }), records)];
}

const dataOf = (trajectories: readonly ShownTrajectory[], questions?: number) =>
  trajectorySection(trajectories, { questions }).data as ViewerData;

Deno.test("trajectorySection() says each question, result and action once", () => {
  const { questions, results, actions, trajectories, runs } = dataOf([
    ...attemptsAt(["1"]),
    ...attemptsAt(["1"], "grpo"),
  ]);
  assert.deepEqual([questions.length, runs.length, trajectories.length], [1, 2, 8]);
  // Of both runs: gold, one row, two failures; two answers, three calls, a violation.
  assert.deepEqual([results.length, actions.length], [4, 6]);
});

Deno.test("trajectorySection() has the numbers of each step, to four decimals", () => {
  const trajectories = attemptsAt(["1"]);
  const { steps } = trajectories[1];
  const [action, classes, ...numbers] = dataOf(trajectories).trajectories[1].steps[1];
  assert.equal(action, dataOf(trajectories).trajectories[1].steps[0][0]);
  assert.deepEqual(classes, steps[1].classes);
  const { hard, recall, process, smoothed, discounted, value, advantage } = steps[1].credit;
  [hard, recall, process, smoothed, discounted, value, advantage].forEach((number, n) => {
    assert.ok(Math.abs(numbers[n]! - number!) <= 0.5e-4);
  });
});

Deno.test("trajectorySection() takes the questions that most algorithms attempted, spread out", () => {
  const names = Array.from({ length: 10 }, (_, n) => `q${n}`);
  const trajectories = [...attemptsAt(names), ...attemptsAt(names.slice(2), "grpo")];
  const keysOf = (questions: number) =>
    dataOf(trajectories, questions).questions.map(({ key }) => key);
  assert.deepEqual(keysOf(4), ["q2", "q4", "q6", "q8"]);
  assert.deepEqual(keysOf(9), [...names.slice(2), "q0"]);
  assert.match(
    trajectorySection(trajectories, { questions: 4 }).html,
    /4 of 10 questions, 32 of 72 trajectories/,
  );
});

Deno.test("trajectorySection() takes as many questions of training as of evaluations", () => {
  const evaluated = recordsOf(
    ["e1", "e2", "e3"].flatMap((id) => asking(`Question ${id}?`, id)),
    { phase: "after", trainStep: null },
  );
  const trajectories = [
    ...["finestep", "grpo"].flatMap((name) => [...shownTrajectories(runOf(name), evaluated)]),
    ...attemptsAt(["t1", "t2", "t3", "t4"]),
  ];
  const keysOf = (questions: number) =>
    dataOf(trajectories, questions).questions.map(({ key }) => key);
  assert.deepEqual(keysOf(3), ["t1", "t3", "e1"]);
  assert.deepEqual(keysOf(6), ["t1", "t2", "t3", "e1", "e2", "e3"]);
  assert.deepEqual(keysOf(7), ["t1", "t2", "t3", "t4", "e1", "e2", "e3"]);
  assert.deepEqual(keysOf(100).length, 7);
});

Deno.test("trajectorySection() tells questions of one id apart in links", () => {
  const [first] = attemptsAt(["1"]);
  const other = { ...first, question: { ...first.question, question: "Another?" } };
  assert.deepEqual(dataOf([first, other]).questions.map(({ key }) => key), ["1", "1~2"]);
});

Deno.test("trajectorySection() names every trajectory differently", () => {
  const { trajectories } = dataOf([...attemptsAt(["1"]), ...attemptsAt(["1"], "grpo")]);
  assert.equal(new Set(trajectories.map(({ key }) => key)).size, 8);
});

Deno.test("trajectorySection() makes one trajectory a section, and none a sentence", () => {
  assert.equal(dataOf(attemptsAt(["1"]).slice(0, 1)).trajectories.length, 1);
  assert.equal(trajectorySection([]).data, undefined);
});

for (
  const hostile of ["</script><img src=x onerror=alert(1)>", "<!--<script>", "<img onerror=x>"]
) {
  Deno.test(`trajectorySection() lets no ${hostile} of any field into the page as HTML`, () => {
    const page = pageHtml(
      { title: "T", summary: "S" },
      [trajectorySection(hostileAttempts(hostile))],
    );
    assert.ok(!page.includes(hostile));
    const count = (pattern: RegExp) => page.match(pattern)?.length;
    assert.equal(count(/<script/g), count(/<\/script/g));
    assert.equal(count(/<!--/g), undefined);
    assert.ok(page.includes(hostile.replaceAll("<", "\\u003c").slice(0, 20)));
  });
}

/** Attempts in which every text is `text`. */
function hostileAttempts(text: string): ShownTrajectory[] {
  return JSON.parse(
    JSON.stringify(attemptsAt(["1"])),
    (key, value) =>
      typeof value === "string" && !["kind", "phase", "use"].includes(key) ? text : value,
  );
}
