/**
 * Makes fixtures/calculator_policy: a small transformer that learns, from demonstrations of mixed
 * habits, to work on arithmetic with the calculator.
 *
 * Run with `deno run -A tasks/calculator/warmstart.ts`; flags change what their names say.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeEngine } from "../../src/cli/engine_setup.ts";
import { sourceCommit } from "../../src/cli/program.ts";
import { defaults } from "../../src/config/option.ts";
import { Rng } from "../../src/config/rng.ts";
import { loadDataset } from "../../src/dataset/dataset.ts";
import type { Example } from "../../src/dataset/example.ts";
import { ENGINE_OPTIONS } from "../../src/engines/options.ts";
import { actionText } from "../../src/env/parse.ts";
import { runEpisode } from "../../src/env/run_episode.ts";
import { byPolicy, evaluate, trialsOf } from "../../src/evaluation/evaluate.ts";
import { summarize } from "../../src/evaluation/summary.ts";
import { verdictOf } from "../../src/evaluation/verdict.ts";
import { chatTokens } from "../../src/models/chat_template.ts";
import type { ModelConfig } from "../../src/models/config.ts";
import { type Model, saveModel } from "../../src/models/model_folder.ts";
import { initialWeights } from "../../src/models/weights.ts";
import { demonstrationTokens } from "../../src/policies/demonstration.ts";
import { ScriptedPolicy } from "../../src/policies/scripted.ts";
import { CALCULATOR } from "../../src/tasks/calculator.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { learnMerges, tokenizerJson } from "../warmstart/bpe.ts";
import { learned } from "../warmstart/supervised.ts";
import { demonstration } from "./demonstrations.ts";
import { policyReadme } from "./policy_readme.ts";
import { type CalculatorQuestion, calculatorQuestions } from "./questions.ts";

const DATA = "fixtures/calculator";
const ENV = { task: CALCULATOR, template: "compact", maxTurns: 6 } as const;

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    questions: { type: "string", default: "24000" },
    steps: { type: "string", default: "2400" },
    "batch-tokens": { type: "string", default: "1024" },
    out: { type: "string", default: "fixtures/calculator_policy" },
  },
});
const seed = Number(flags.seed);

const CONFIG: Omit<ModelConfig, "vocabSize"> = {
  family: "llama",
  hiddenSize: 96,
  intermediateSize: 256,
  layerCount: 3,
  headCount: 4,
  keyValueHeadCount: 2,
  headSize: 24,
  maxLength: 1024,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: { kind: "none" },
  tiesEmbeddings: true,
};

const SPECIAL = ["<|end|>", "<|user|>", "<|assistant|>", "<|tool|>"];
// One token each, as in the policy for minibird: the few weights are for arithmetic's order.
const PROTOCOL = [
  "<reasoning>",
  '</reasoning>\n<tool_call>\n{"name": "calculate", "arguments": {"expression": "',
  '"}}\n</tool_call>',
  "</reasoning>\n<answer>\n```number\n",
  "\n```\n</answer>",
];
const CHAT_TEMPLATE =
  "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}" +
  "{% if add_generation_prompt %}<|assistant|>{% endif %}";

// Digits are tokens of their own, so that a number is copied and not known by heart.
const PIECES = String.raw` ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]|\s`;
const MERGES = 160;

const startedMs = performance.now();

function say(text: string): void {
  console.log(`${text}, ${Math.round((performance.now() - startedMs) / 1000)} s`);
}

/** Questions of the train split, none of them among the committed ones. */
async function warmstartQuestions(): Promise<CalculatorQuestion[]> {
  const { examples } = await loadDataset(DATA, { split: "train", schemas: "skip" });
  const avoid = new Set(examples.map(({ goldSql }) => goldSql));
  const count = Number(flags.questions);
  return calculatorQuestions({ seed: seed + 1000, split: "train", count, avoid });
}

/** Plays every question once, with the tool's results. */
function demonstrations(questions: readonly CalculatorQuestion[]): Promise<Episode[]> {
  return Promise.all(questions.map((question, n) => {
    const rng = new Rng(seed, "demonstration", n);
    const actions = demonstration(question, seed, rng, ENV);
    const messages = actions.map((action) => actionText(action, ENV.task.answerLanguage));
    return runEpisode(exampleOf(question, n), new ScriptedPolicy(messages), { ...ENV, seed });
  }));
}

function exampleOf({ question, expression, difficulty }: CalculatorQuestion, n: number): Example {
  const database = { id: "warmstart", path: "", tables: [] };
  return { id: `${n}`, database, question, evidence: "", goldSql: expression, difficulty };
}

/** Random weights under a tokenizer learned from demonstrations. */
function newModel(episodes: readonly Episode[]): Model {
  const texts = episodes.flatMap(({ prompt, steps }) => [
    ...prompt.map(({ content }) => content),
    ...steps.flatMap(({ text, observation }) => [withoutProtocol(text), observation ?? ""]),
  ]);
  const merges = learnMerges(texts, MERGES, PIECES);
  const tokenizer = {
    json: tokenizerJson(SPECIAL, PROTOCOL, merges, PIECES),
    config: {
      chat_template: CHAT_TEMPLATE,
      eos_token: SPECIAL[0],
      prompt_template: ENV.template,
    },
  };
  const chat = chatTokens(tokenizer.json, tokenizer.config);
  const config = { ...CONFIG, vocabSize: chat.vocabSize };
  return { config, weights: initialWeights(config, seed), tokenizer, chat };
}

const withoutProtocol = (text: string) =>
  PROTOCOL.reduce((rest, fixed) => rest.replaceAll(fixed, "\n"), text);

/** What the policy does on the dev questions. */
async function evaluated(model: Model, temperature: number) {
  const { examples } = await loadDataset(DATA, { split: "dev", schemas: "skip" });
  await using engine = await makeEngine(model, { ...defaults(ENGINE_OPTIONS), threads: 1 });
  const policy = engine.policy({ temperature, maxTurnTokens: 64 });
  const attempts = evaluate(trialsOf(examples, { seed }), byPolicy(policy, ENV));
  const attempted = await Array.fromAsync(attempts);
  return summarize(
    attempted.map(({ example, episode }) => verdictOf(episode, example)),
    { seed },
  );
}

async function main(): Promise<void> {
  const episodes = await demonstrations(await warmstartQuestions());
  const model = newModel(episodes.slice(0, 2000));
  const tokens = episodes.map((episode) => demonstrationTokens(episode, model.chat));
  const total = tokens.reduce((sum, { ids }) => sum + ids.length, 0);
  const mean = Math.round(total / tokens.length);
  say(`${tokens.length} demonstrations of ${mean} tokens, vocabulary ${model.chat.vocabSize}`);
  const lesson = {
    steps: Number(flags.steps),
    learningRate: 2e-3,
    batchTokens: Number(flags["batch-tokens"]),
    threads: 1,
    seed,
  };
  // The code that runs is the one loaded now, whatever is committed meanwhile.
  const commit = await sourceCommit();
  const { model: policy, loss } = await learned(model, tokens, {
    ...lesson,
    onProgress: (step, loss) => say(`step ${step} of ${lesson.steps}, loss ${loss.toFixed(4)}`),
  });
  await saveModel(flags.out, policy);
  const weightCount = [...policy.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const seconds = (performance.now() - startedMs) / 1000;
  const [greedy, sampled] = [await evaluated(policy, 0), await evaluated(policy, 1)];
  const facts = {
    ...lesson,
    weightCount,
    demonstrationCount: tokens.length,
    loss,
    seconds,
    commit,
  };
  await Deno.writeTextFile(
    join(flags.out, "README.md"),
    policyReadme({ ...facts, greedy, sampled }),
  );
}

if (import.meta.main) await main();
