/**
 * A third task, made here of a task and a tool alone, goes through episodes, rewards, credit,
 * evaluation and training as the others do.
 *
 * @module
 */

import assert from "finestep/assert";
import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import type { Example } from "../../src/dataset/example.ts";
import { actionText } from "../../src/env/parse.ts";
import type { Task } from "../../src/env/task.ts";
import type { Tool } from "../../src/env/tool.ts";
import { byPolicy, evaluate } from "../../src/evaluation/evaluate.ts";
import { summarize } from "../../src/evaluation/summary.ts";
import { verdictOf } from "../../src/evaluation/verdict.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { rewardOptions } from "../../src/rewards/options.ts";
import type { SqlResult } from "../../src/sandbox/result_set.ts";
import { makeTask } from "../../src/tasks/mod.ts";
import { train } from "../../src/trainer/train.ts";
import { ScriptedEngine } from "../tiny/engine.ts";
import { collectSetup } from "../trainer/setups.ts";

const value = (text: string): SqlResult => ({
  ...{ kind: "rows", columns: ["word"], rows: [[text]], truncated: false, elapsedMs: 0 },
});

/** Looks a word up in a phrase book. */
const TRANSLATE: Tool = {
  name: "translate",
  description: "Translates one word.",
  parameters: {
    type: "object",
    properties: { word: { type: "string", description: "The word." } },
    required: ["word"],
  },
  query: ({ word }) => word.trim().toLowerCase(),
  run: ({ word }, { evidence }) => {
    const meaning: string | undefined = JSON.parse(evidence)[word.trim().toLowerCase()];
    return Promise.resolve(
      meaning === undefined
        ? { kind: "error", message: `no such word: ${word}`, elapsedMs: 0 }
        : value(meaning),
    );
  },
};

/** A phrase in another language. */
const PHRASES: Task = {
  name: "phrases",
  tools: [TRANSLATE],
  answerLanguage: "text",
  answerRule: "the same words",
  rewards: { softWeight: 0 },
  prompt: ({ question }) => [{ role: "user", content: question }],
  answer: (text) => Promise.resolve(value(text)),
  gold: ({ goldSql }) => Promise.resolve(value(goldSql)),
  goldAnswer: ({ goldSql }) => goldSql,
};

const EXAMPLE: Example = {
  id: "0",
  database: { id: "phrases", path: "", tables: [] },
  question: "Guten Tag",
  evidence: '{"guten": "good", "tag": "day"}',
  goldSql: "good day",
  difficulty: null,
};

const call = (word: string) =>
  actionText({
    ...{ kind: "toolCall", reasoning: "", tool: "translate", arguments: { word } },
    sql: TRANSLATE.query({ word }),
  }, "text");
const answer = (sql: string) => actionText({ kind: "answer", reasoning: "", sql }, "text");

/** By seed: right, wasteful, wrong. */
const SCRIPTS = [
  [call("Guten"), call("Tag"), answer("good day")],
  [call("Guten"), call("guten"), call("Tug"), answer("good day")],
  [call("Tag"), answer("day")],
];
const policy = new ScriptedPolicy(({ seed, turn }) => SCRIPTS[seed % SCRIPTS.length][turn]);

Deno.test("A third task is evaluated", async () => {
  const attempt = byPolicy(policy, { task: PHRASES });
  const trials = SCRIPTS.map((_, seed) => ({ example: EXAMPLE, seed }));
  const verdicts = [];
  for await (const { example, episode } of evaluate(trials, attempt)) {
    verdicts.push(verdictOf(episode, example));
  }
  const bySeed = verdicts.toSorted((a, b) => a.seed - b.seed);
  assert.deepEqual(bySeed.map(({ isCorrect }) => isCorrect), [true, true, false]);
  assert.deepEqual(bySeed.map(({ calls }) => calls.map(({ category }) => category)), [
    ...[[null, null], [null, "R2", null], [null]],
  ]);
  assert.equal(summarize(verdicts, { seed: 1 }).measures.redundant_tool_calls?.value, 1 / 6);
});

for (const name of ["finestep.aime24", "grpo"]) {
  Deno.test(`A third task is trained on with ${name}`, async () => {
    const engine = new ScriptedEngine(({ seed, turn }) => SCRIPTS[seed % SCRIPTS.length][turn]);
    const setup = collectSetup(name, 1, { trainSteps: 1, groupsPerStep: 1, groupSize: 6 });
    const reports = await Array.fromAsync(train({
      ...setup,
      ...{ engine, examples: [EXAMPLE], env: { task: PHRASES }, maxTurnTokens: 8 },
      algorithm: makeAlgorithm(name),
      rewardOptions: rewardOptions(name, PHRASES.rewards),
      saveCheckpoint: () => Promise.resolve(),
    }));
    const [{ episodes, metrics }] = reports;
    for (const { episode, rewards } of episodes) {
      const hard = episode.steps.map(({ result }) => Number(result?.kind === "rows"));
      assert.deepEqual([...rewards.process], hard);
    }
    assert.equal(metrics["loss/is_applied"], 1);
    const [{ batch: { advantages } }] = engine.updates;
    assert(advantages.some((advantage) => advantage !== 0));
  });
}

Deno.test("makeTask() refuses a task that is not known, with those that are", () => {
  const { execute } = { execute: () => Promise.reject(new Error("not run")) };
  const answers = { timeoutMs: 1, get: execute };
  assert.throws(() => makeTask("chess", { pool: { execute }, answers }), {
    name: "RangeError",
    message: /^Cannot work on task "chess" as it must be one of text2sql, calculator$/,
  });
});
