import assert from "finestep/assert";
import { questionsData } from "../../src/pages/questions/mod.ts";
import { anExam, attempted } from "./reports.ts";

Deno.test("questionsData() has each text once and counts attempts, right ones, calls and redundant ones", () => {
  const exam = anExam([attempted("finestep", 1, { right: 1, redundant: 1, samples: 2 })], {
    samples: 2,
  });
  const { texts, exams: [{ questions, runs }] } = questionsData({
    exams: [exam],
    questions: new Map(),
  });
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(questions.length, 12);
  assert.deepEqual(questions[0].question, null);
  assert.equal(texts[questions[0].gold], exam.attempted[0].verdicts[0].goldSql);
  const [first, second] = runs[0].answers;
  assert.deepEqual(first.slice(0, 5), [2, 2, 4, 2, "right"]);
  assert.deepEqual(second.slice(0, 5), [2, 0, 2, 0, "wrong_rows"]);
  assert.equal(texts[first[5]!], exam.attempted[0].verdicts[0].predictedSql);
});

Deno.test("questionsData() shows the first attempt that is not right", () => {
  const one = attempted("grpo", 1, { right: 1, samples: 2 });
  const [right, second, ...others] = one.verdicts;
  const wrong = {
    ...second,
    isCorrect: false,
    outcome: "wrong_columns",
    predictedSql: null,
  } as const;
  const exam = anExam([{ ...one, verdicts: [right, wrong, ...others] }], { samples: 2 });
  const { exams: [{ runs }] } = questionsData({ exams: [exam], questions: new Map() });
  assert.deepEqual(runs[0].answers[0], [2, 1, 2, 0, "wrong_columns", null]);
});

Deno.test("questionsData() compares FineStep with another trained algorithm first", () => {
  const exam = anExam([
    attempted("untrained", 1, { right: 1 }),
    attempted("grpo", 1, { right: 2 }),
    attempted("finestep", 1, { right: 3 }),
  ]);
  const { first, exams: [{ runs }] } = questionsData({ exams: [exam], questions: new Map() });
  assert.deepEqual(first.map((index) => runs[index].label), [
    "grpo, seed 1 (run 10)",
    "finestep, seed 1 (run 10)",
  ]);
});

Deno.test("questionsData() compares a run alone with itself", () => {
  const exam = anExam([attempted("grpo", 1, { right: 2 })]);
  assert.deepEqual(questionsData({ exams: [exam], questions: new Map() }).first, [0, 0]);
});
