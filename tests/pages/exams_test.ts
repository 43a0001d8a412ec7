import assert from "finestep/assert";
import { examsOf } from "../../src/pages/exams.ts";
import { attempted, evaluation } from "./reports.ts";

const ONE = attempted("finestep", 1, { right: 6 });

Deno.test("examsOf() puts evaluations together that differ in policy, seed and version only", () => {
  const exams = examsOf([
    evaluation(ONE),
    evaluation(attempted("grpo", 2, { right: 5 }), {
      seed: 2,
      versions: { finestep: "0.2.0", deno: "3.0.0" },
    }),
  ]);
  assert.equal(exams.length, 1);
  assert.deepEqual(exams[0].attempted.map(({ variant }) => variant), ["finestep", "grpo"]);
  assert.equal(exams[0].n, 12);
  assert.equal(exams[0].name, "bird dev, greedy");
});

Deno.test("examsOf() keeps exams of other temperature, questions and limits apart, by names of their own", () => {
  const limits = { ...evaluation(ONE).run.identity!.limits, maxTurns: 9 };
  const names = examsOf([
    evaluation(ONE),
    evaluation(ONE, { temperature: 1, samples: 4 }),
    evaluation(ONE, { temperature: 0.7 }),
    evaluation(ONE, { limits }),
  ]).map(({ name }) => name);
  assert.deepEqual(names, [
    "bird dev, greedy",
    "bird dev, as in training, 4 attempts each",
    "bird dev, temperature 0.7, 1 attempt each",
    "bird dev, greedy (limits.maxTurns: 1, then 9)",
  ]);
});

Deno.test("examsOf() says of prediction files that answers are from a file", () => {
  const [{ name }] = examsOf([evaluation(ONE, { prompt: null })]);
  assert.equal(name, "bird dev, answers from a file");
});

Deno.test("examsOf() counts the later of two evaluations of one policy", () => {
  const again = { ...ONE, runId: 99 };
  const [{ attempted: runs }] = examsOf([evaluation(ONE), evaluation(again)]);
  assert.deepEqual(runs.map(({ runId }) => runId), [99]);
});

Deno.test("examsOf() takes what trainings hold out for exams, by their questions", () => {
  const held = evaluation(ONE);
  const run = { ...held.run, identity: null, dataSet: "data/shop" };
  const fewer = { ...held, run, verdicts: ONE.verdicts.slice(0, 5), variant: "grpo" };
  const exams = examsOf([{ ...held, run }, { ...held, run, variant: "untrained" }, fewer]);
  assert.deepEqual(exams.map(({ n, attempted }) => [n, attempted.length]), [[12, 2], [5, 1]]);
  assert.equal(exams[0].name, "shop held out, greedy");
});
