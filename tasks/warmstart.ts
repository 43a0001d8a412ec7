/**
 * Makes fixtures/policy: a small transformer that learns, from demonstrations that mix good,
 * wasteful and failing habits, to work on minibird questions.
 *
 * Run with `deno task warmstart`; `--out` and `--seed` change what their names say.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeEngine } from "../src/cli/engine_setup.ts";
import { sourceCommit } from "../src/cli/program.ts";
import { defaults } from "../src/config/option.ts";
import { Rng } from "../src/config/rng.ts";
import { loadDataset } from "../src/dataset/dataset.ts";
import type { Example } from "../src/dataset/example.ts";
import { ENGINE_OPTIONS } from "../src/engines/options.ts";
import { AnswerResults } from "../src/env/answer_results.ts";
import { actionText } from "../src/env/parse.ts";
import { runEpisode } from "../src/env/run_episode.ts";
import { byPolicy, evaluate, trialsOf } from "../src/evaluation/evaluate.ts";
import { summarize } from "../src/evaluation/summary.ts";
import { verdictOf } from "../src/evaluation/verdict.ts";
import { chatTokens } from "../src/models/chat_template.ts";
import type { ModelConfig } from "../src/models/config.ts";
import type { ChatTokens } from "../src/models/chat_tokens.ts";
import { loadModel, type Model, saveModel } from "../src/models/model_folder.ts";
import { initialWeights } from "../src/models/weights.ts";
import { demonstrationTokens } from "../src/policies/demonstration.ts";
import { ScriptedPolicy } from "../src/policies/scripted.ts";
import { SqlPool } from "../src/sandbox/pool.ts";
import { text2sql } from "../src/tasks/text2sql.ts";
import type { Episode, Tokens } from "../src/trajectory/episode.ts";
import {
  buildDatabases,
  FIXTURE_SEED,
  generateQuestions,
  type MinibirdQuestion,
} from "./minibird/mod.ts";
import { learnMerges, tokenizerJson } from "./warmstart/bpe.ts";
import { demonstration, type DemonstrationOptions } from "./warmstart/demonstrations.ts";
import { policyReadme, type StageRecord } from "./warmstart/policy_readme.ts";
import { scrambled } from "./warmstart/scrambled.ts";
import { learned } from "./warmstart/supervised.ts";

const DATA = "fixtures/minibird";
const MAX_TURNS = 6;

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    questions: { type: "string", default: "6000" },
    "batch-tokens": { type: "string", default: "2048" },
    vocab: { type: "string", default: "1536" },
    out: { type: "string", default: "fixtures/policy" },
    /** Folder of a policy to begin with, at the stage given by `stage`. */
    from: { type: "string" },
    stage: { type: "string", default: "0" },
  },
});
const seed = Number(flags.seed);

/** A part of the training, with an optimizer of its own. */
interface Stage {
  readonly steps: number;
  /** Peak of the learning rate. */
  readonly learningRate: number;
  /** Demonstrations of each question. */
  readonly draws: number;
  /** Share of demonstrations that are about other values. */
  readonly scrambledShare: number;
  /** How often needless calls are of a kind of question's favourite sort. */
  readonly favouriteShare: number;
  /** Whether an expert demonstrates. */
  readonly isExpert?: boolean;
}

// First the language, then to copy what the question says: with scrambled values from the start,
// nothing can be remembered and learning begins much later. Then habits, one for each kind of
// question; then, as few of these look anything up, how an expert does; and the habits again.
const STAGES: readonly Stage[] = [
  { steps: 3600, learningRate: 1.5e-3, draws: 1, scrambledShare: 0, favouriteShare: 0 },
  { steps: 2700, learningRate: 1.2e-3, draws: 2, scrambledShare: 0.75, favouriteShare: 0 },
  { steps: 1300, learningRate: 8e-4, draws: 2, scrambledShare: 0.75, favouriteShare: 0.85 },
  {
    steps: 2400,
    learningRate: 1.2e-3,
    draws: 2,
    scrambledShare: 0.75,
    favouriteShare: 0.5,
    isExpert: true,
  },
  { steps: 500, learningRate: 5e-4, draws: 1, scrambledShare: 0.5, favouriteShare: 0.85 },
];

/** Share of an expert's questions that need no look-up: most of what is to be learned is looking up. */
const EASY_SHARE = 0.4;

const SPECIAL = ["<|end|>", "<|user|>", "<|assistant|>", "<|tool|>"];
// What the message format fixes is one token each, so that the policy's few weights and the time
// of a rollout go to SQL. It can still break the format: each of these may come at any place.
const PROTOCOL = [
  "<reasoning>",
  '</reasoning>\n<tool_call>\n{"name": "execute_sql", "arguments": {"sql": "',
  '"}}\n</tool_call>',
  "</reasoning>\n<answer>\n```sql\n",
  "\n```\n</answer>",
];
const CHAT_TEMPLATE =
  "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}" +
  "{% if add_generation_prompt %}<|assistant|>{% endif %}";

/** Warm-start questions: of the train split, none of them among the committed ones. */
function warmstartQuestions(examples: readonly Example[]): MinibirdQuestion[] {
  const avoid = new Set(examples.map(({ question }) => question));
  const directory = Deno.makeTempDirSync();
  try {
    const databases = buildDatabases(FIXTURE_SEED, directory);
    const count = Number(flags.questions);
    return generateQuestions({ seed: seed + 1000, split: "train", count, avoid }, databases);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function taskOn(pool: SqlPool) {
  return text2sql({ pool, answers: new AnswerResults(pool, { timeoutMs: 30_000 }) });
}

/** Plays every question once, with real tool results. */
async function demonstrations(
  questions: readonly MinibirdQuestion[],
  examples: readonly Example[],
  pool: SqlPool,
  { draw, ...habits }: Omit<DemonstrationOptions, "maxTurns"> & {
    readonly draw: readonly number[];
  },
): Promise<Episode[]> {
  const databases = new Map(examples.map(({ database }) => [database.id, database]));
  const task = taskOn(pool);
  const episodes: Episode[] = [];
  for (const [n, question] of questions.entries()) {
    const { sql: goldSql, databaseId, evidence, difficulty } = question;
    const example: Example = {
      id: String(n),
      database: databases.get(databaseId)!,
      question: question.question,
      evidence,
      goldSql,
      difficulty,
    };
    const rng = new Rng(seed, "demonstration", n, ...draw);
    const actions = demonstration(question, seed, rng, { maxTurns: MAX_TURNS, ...habits });
    const policy = new ScriptedPolicy(actions.map((action) => actionText(action, "sql")));
    const options = { task, seed, template: "compact", maxTurns: MAX_TURNS } as const;
    episodes.push(await runEpisode(example, policy, options));
  }
  return episodes;
}

/** Learns the tokenizer from everything that is said in the demonstrations. */
function learnTokenizer(episodes: readonly Episode[]) {
  const texts = episodes.flatMap(({ prompt, steps }) => [
    ...prompt.map(({ content }) => content),
    ...steps.flatMap(({ text, observation }) => [withoutProtocol(text), observation ?? ""]),
  ]);
  const fixedCount = SPECIAL.length + PROTOCOL.length + 256;
  const merges = learnMerges(texts, Number(flags.vocab) - fixedCount);
  const config = {
    chat_template: CHAT_TEMPLATE,
    eos_token: SPECIAL[0],
    prompt_template: "compact" as const,
  };
  return { json: tokenizerJson(SPECIAL, PROTOCOL, merges), config };
}

const withoutProtocol = (text: string) =>
  PROTOCOL.reduce((rest, fixed) => rest.replaceAll(fixed, "\n"), text);

const CONFIG: Omit<ModelConfig, "vocabSize"> = {
  family: "llama",
  hiddenSize: 128,
  intermediateSize: 384,
  layerCount: 5,
  headCount: 4,
  keyValueHeadCount: 2,
  headSize: 32,
  maxLength: 4096,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: { kind: "none" },
  tiesEmbeddings: true,
};

const startedMs = performance.now();

function say(text: string): void {
  console.log(`${text}, ${Math.round((performance.now() - startedMs) / 1000)} s`);
}

/** What the stages share. */
interface School {
  readonly questions: readonly MinibirdQuestion[];
  readonly examples: readonly Example[];
  readonly pool: SqlPool;
  readonly tokenizer: Model["tokenizer"];
  readonly chat: ChatTokens;
}

/** The demonstrations of a stage as tokens. */
async function lessons(index: number, stage: Stage, school: School) {
  const { draws, scrambledShare, favouriteShare, isExpert = false } = stage;
  const tokens: Tokens[] = [];
  for (let draw = 0; draw < draws; draw++) {
    // The first draw of the first stage is the one that the tokenizer was learned from.
    const name = index === 0 && draw === 0 ? [] : [index, draw];
    const { questions, examples, pool } = school;
    const options = { draw: name, favouriteShare, isExpert };
    const episodes = await demonstrations(questions, examples, pool, options);
    for (const [n, episode] of episodes.entries()) {
      const rng = new Rng(seed, "scramble", index, draw, n);
      if (isExpert && questions[n].need === "none" && rng.uniform() > EASY_SHARE) continue;
      const isScrambled = rng.uniform() < scrambledShare;
      const lesson = isScrambled ? scrambled(episode, school.questions[n], rng) : episode;
      tokens.push(demonstrationTokens(lesson, school.chat));
    }
  }
  const lengths = tokens.map(({ ids }) => ids.length).sort((a, b) => a - b);
  const [median, most] = [0.5, 1].map((q) => lengths[Math.floor(q * (lengths.length - 1))]);
  say(`stage ${index}: ${tokens.length} demonstrations of ${median} tokens (median; most ${most})`);
  return tokens;
}

/** Trains the weights on a stage's demonstrations; also how it went. */
async function trained(
  index: number,
  model: Model,
  school: School,
): Promise<{ model: Model; record: StageRecord }> {
  const stage = STAGES[index];
  const stageStartMs = performance.now();
  // The code that runs is the one loaded now, whatever is committed meanwhile.
  const commit = await sourceCommit();
  const { model: result, loss } = await learned(model, await lessons(index, stage, school), {
    ...stage,
    batchTokens: Number(flags["batch-tokens"]),
    threads: 2,
    seed,
    onProgress: (step, loss) =>
      say(`stage ${index}: step ${step} of ${stage.steps}, loss ${loss.toFixed(4)}`),
  });
  const seconds = (performance.now() - stageStartMs) / 1000;
  const { draws: _, isExpert = false, ...settings } = stage;
  return {
    model: result,
    record: { stage: index, ...settings, isExpert, loss, seconds, commit },
  };
}

/** What the policy does on the dev questions. */
async function evaluated(model: Model, temperature: number, pool: SqlPool) {
  const { examples } = await loadDataset(DATA, { split: "dev", pool });
  const engine = await makeEngine(model, defaults(ENGINE_OPTIONS));
  await using _ = engine;
  const policy = engine.policy({ temperature, maxTurnTokens: 96 });
  const options = { task: taskOn(pool), template: "compact", maxTurns: MAX_TURNS } as const;
  const trials = trialsOf(examples, { seed });
  const attempted = await Array.fromAsync(evaluate(trials, byPolicy(policy, options)));
  const verdicts = attempted.map(({ example, episode }) => verdictOf(episode, example));
  return summarize(verdicts, { seed });
}

/** Writes the page of the finished policy, and how its stages went for a later run to read. */
async function writePage(model: Model, stages: readonly StageRecord[], pool: SqlPool) {
  const weightCount = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  const facts = { seed, weightCount, stages };
  const greedy = await evaluated(model, 0, pool);
  const sampled = await evaluated(model, 1, pool);
  const page = policyReadme({ ...facts, greedy, sampled });
  await Deno.writeTextFile(join(flags.out, "README.md"), page);
}

/** Random weights under a tokenizer learned from demonstrations. */
async function newModel(
  questions: readonly MinibirdQuestion[],
  examples: readonly Example[],
  pool: SqlPool,
): Promise<Model> {
  const options = { draw: [], favouriteShare: 0, isExpert: false };
  const tokenizer = learnTokenizer(await demonstrations(questions, examples, pool, options));
  const chat = chatTokens(tokenizer.json, tokenizer.config);
  const config = { ...CONFIG, vocabSize: chat.vocabSize };
  return { config, weights: initialWeights(config, seed), tokenizer, chat };
}

async function main(): Promise<void> {
  await using pool = new SqlPool({ roots: [DATA] });
  const { examples } = await loadDataset(DATA, { split: "train", pool });
  const questions = warmstartQuestions(examples);
  let model: Model = flags.from
    ? await loadModel(flags.from)
    : await newModel(questions, examples, pool);
  const { tokenizer, chat } = model;
  say(`${questions.length} questions, ${chat.vocabSize} tokens in the vocabulary`);
  const stages = flags.from ? await stagesOf(flags.from) : [];
  for (let index = Number(flags.stage); index < STAGES.length; index++) {
    const result = await trained(index, model, { questions, examples, pool, tokenizer, chat });
    model = result.model;
    stages.push(result.record);
    const isLast = index === STAGES.length - 1;
    const folder = isLast ? flags.out : `${flags.out}.stage${index}`;
    await saveModel(folder, model);
    await Deno.writeTextFile(join(folder, STAGES_FILE), JSON.stringify(stages, null, 1) + "\n");
  }
  await writePage(model, stages, pool);
}

const STAGES_FILE = "stages.json";

async function stagesOf(folder: string): Promise<StageRecord[]> {
  return JSON.parse(await Deno.readTextFile(join(folder, STAGES_FILE)));
}

if (import.meta.main) await main();
