import assert from "finestep/assert";
import type { Example } from "../../src/dataset/example.ts";
import { actionText } from "../../src/env/parse.ts";
import { runEpisode } from "../../src/env/run_episode.ts";
import { redundancyOf } from "../../src/evaluation/redundancy.ts";
import { verdictOf } from "../../src/evaluation/verdict.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { rewardOptions } from "../../src/rewards/options.ts";
import { score } from "../../src/rewards/score.ts";
import { CALCULATE } from "../../src/tasks/calculate.ts";
import { CALCULATOR } from "../../src/tasks/calculator.ts";

const EXAMPLE: Example = {
  id: "3",
  database: { id: "expression_3", path: "", tables: [] },
  question: "((12 + 7) * 3 - 45) / 4",
  evidence: "",
  goldSql: "((12 + 7) * 3 - 45) / 4",
  difficulty: "challenging",
};

const call = (expression: string) =>
  actionText({
    ...{ kind: "toolCall", reasoning: "", tool: "calculate", arguments: { expression } },
    sql: CALCULATE.query({ expression }),
  }, "number");

const answer = (sql: string) => actionText({ kind: "answer", reasoning: "", sql }, "number");

const STEPS = ["12 + 7", "19 * 3", "57 - 45", "12 / 4"].map(call);

const play = (...messages: string[]) =>
  runEpisode(EXAMPLE, new ScriptedPolicy(messages), { task: CALCULATOR, seed: 1 });

Deno.test("The calculator's steps lead to a right answer", async () => {
  const episode = await play(...STEPS, answer("3"));
  const seen = episode.steps.map(({ observation }) => observation);
  assert.deepEqual(seen, [
    ...["value\n19\n(1 row)", "value\n57\n(1 row)", "value\n12\n(1 row)", "value\n3\n(1 row)"],
    null,
  ]);
  const verdict = verdictOf(episode, EXAMPLE);
  assert(verdict.isCorrect && verdict.isStrictlyCorrect);
  assert.equal(verdict.outcome, "right");
  assert.deepEqual(verdict.calls.map(({ category }) => category), [null, null, null, null]);
});

for (const [text, isRight] of Object.entries({ "3": true, "3.0": true, "6/2": true, "4": false })) {
  Deno.test(`The calculator's answer ${text} is ${isRight ? "right" : "wrong"}`, async () => {
    assert.equal(verdictOf(await play(answer(text)), EXAMPLE).isCorrect, isRight);
  });
}

for (const text of [EXAMPLE.goldSql, "three", "3 or 4", "1/0"]) {
  Deno.test(`The calculator's answer "${text}" is no number`, async () => {
    const { finalResult } = await play(answer(text));
    assert.equal(finalResult?.kind, "error");
  });
}

Deno.test("calculate() does one operation a call, and says so", async () => {
  const { steps } = await play(call(EXAMPLE.goldSql), call("1 / 0"), call("2 + x"), answer("3"));
  assert.deepEqual(steps.map(({ observation }) => observation?.split(":").slice(0, 2).join(":")), [
    "Error: more than 1 operation",
    "Error: division by zero",
    "Error: not arithmetic",
    undefined,
  ]);
});

Deno.test("redundancyOf() knows the calculator's repeated calls in any spelling", async () => {
  const calls = ["12 + 7", "12 + 7", "12+7", "1 / 0", "1/0", "19 * 3"].map(call);
  const { calls: found } = redundancyOf(await play(...calls.slice(0, 5), answer("3")));
  assert.deepEqual(found.map(({ category }) => category), [null, "R1", "R2", null, "R2"]);
});

Deno.test("score() under the calculator's options rewards each step by its hard constraint alone", async () => {
  const episode = await play(STEPS[0], call("1 / 0"), "no format", answer("3"));
  const options = rewardOptions("finestep", CALCULATOR.rewards);
  const { outcome, process } = score(episode, options);
  assert.equal(outcome, 1);
  assert.deepEqual([...process], [1, 0, 0, 1]);
});

Deno.test("The calculator's gold answer is right", async () => {
  const episode = await play(answer(CALCULATOR.goldAnswer(EXAMPLE)));
  assert(verdictOf(episode, EXAMPLE).isCorrect);
});

Deno.test("The calculator's prompt never shows the gold of a story, and shows modes it reads", () => {
  const story = { ...EXAMPLE, question: "Mia has 12 pears. How many?" };
  for (const template of ["full", "compact"] as const) {
    const text = CALCULATOR.prompt(story, template).map(({ content }) => content).join("\n");
    assert(text.includes(story.question) && !text.includes(story.goldSql));
  }
  const [{ content }] = CALCULATOR.prompt(story, "full");
  assert(content.includes('{"name": "calculate", "arguments": {"expression": "12 + 7"}}'));
  assert(content.includes("```number\n19\n```"));
});
