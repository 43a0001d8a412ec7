/**
 * A training run with an engine that is given, and what it earned at each step.
 *
 * @module
 */

import { makeAlgorithm } from "../../src/algorithms/mod.ts";
import { defaults } from "../../src/config/option.ts";
import { loadTrainingData } from "../../src/dataset/held_out.ts";
import type { Engine, Learned } from "../../src/engines/engine.ts";
import { OnnxEngine } from "../../src/engines/onnx.ts";
import { TinkerEngine } from "../../src/engines/tinker/engine.ts";
import { Session } from "../../src/engines/tinker/session.ts";
import { AnswerResults } from "../../src/env/answer_results.ts";
import { ENV_OPTIONS } from "../../src/env/options.ts";
import { envOptions } from "../../src/cli/engine_setup.ts";
import { loadModel } from "../../src/models/model_folder.ts";
import { rewardOptions } from "../../src/rewards/options.ts";
import { SqlPool } from "../../src/sandbox/pool.ts";
import { makeTask } from "../../src/tasks/mod.ts";
import { TRAIN_OPTIONS } from "../../src/trainer/options.ts";
import { SCHEDULE_OPTIONS } from "../../src/trainer/schedule.ts";
import { train } from "../../src/trainer/train.ts";

/** What all runs of a check share; `killed_run.ts` has the command line of the same. */
export interface TrialOptions {
  /** Folders of the model and of the questions. */
  readonly model: string;
  readonly data: string;
  readonly algorithm: string;
  readonly trainSteps: number;
  readonly groupsPerStep: number;
  readonly groupSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly maxTurnTokens: number;
  readonly rank: number;
  /** Steps between the checkpoints of a run that is killed. */
  readonly checkpointEvery: number;
}

/** One train step. */
export interface TrialStep {
  readonly loss: number;
  /** Outcome rewards by question sampled, shape (questions, G). */
  readonly outcomes: readonly (readonly number[])[];
}

/** AdamW as both engines have it. Without decay, as a server's reaches the adapters of others. */
export const ADAM = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };

/** The server's engine, with new adapters of the run's seed. */
export async function serverEngine(url: string, options: TrialOptions): Promise<TinkerEngine> {
  const { config, chat } = await loadModel(options.model);
  const transport = { url, apiKey: null, timeoutMs: 600_000 };
  return new TinkerEngine({
    session: await Session.open(transport, ""),
    ...{ config, chat },
    adapters: { rank: options.rank, seed: options.seed },
    adam: { ...ADAM, maxGradientNorm: 0 },
    reducing: { reduction: "sequence-mean", accumulation: "joint" },
    model: { wire: "protobuf" },
    slots: 64,
  });
}

/** The embedded engine, beginning with these adapters. */
export async function embeddedEngine(
  options: TrialOptions,
  { shape, weights }: Learned,
): Promise<Engine> {
  return await OnnxEngine.create({
    ...await loadModel(options.model),
    adapters: { shape: shape!, weights },
    adam: ADAM,
    maxGradientNorm: Infinity,
    microBatchTokens: 8192,
    threads: navigator.hardwareConcurrency,
    device: "cpu",
  });
}

/** Trains, and calls `onStep` after each step. */
export async function trial(
  engine: Engine,
  options: TrialOptions,
  onStep: (step: TrialStep, n: number) => void = () => {},
): Promise<TrialStep[]> {
  const model = await loadModel(options.model);
  const { data: folder, seed } = options;
  await using pool = new SqlPool({ roots: [folder], workers: 2 });
  const where = { data: folder, split: "", evalData: "", evalSplit: "dev", seed };
  const data = await loadTrainingData(where, pool);
  const answers = new AnswerResults(pool, { timeoutMs: ENV_OPTIONS.answerTimeoutMs.default });
  const task = makeTask(data.task, { pool, answers });
  const learner = makeAlgorithm(options.algorithm, {});
  // Where nothing is to be learned no group is kept, so that there is no update.
  const algorithm = options.learningRate === 0 ? { ...learner, keeps: () => false } : learner;
  const steps: TrialStep[] = [];
  const reports = train({
    ...{ engine, algorithm, examples: data.training, maxTurnTokens: options.maxTurnTokens },
    env: { ...envOptions(defaults(ENV_OPTIONS), false, model), task },
    rewardOptions: rewardOptions(algorithm.name, task.rewards),
    options: { ...defaults(TRAIN_OPTIONS), ...defaults(SCHEDULE_OPTIONS), ...options },
    saveCheckpoint: () => Promise.resolve(),
  });
  for await (const { metrics, episodes } of reports) {
    const outcomes = episodes.map(({ rewards }) => rewards.outcome);
    const { groupSize } = options;
    const step = {
      loss: metrics["loss/loss"],
      outcomes: Array.from(
        { length: outcomes.length / groupSize },
        (_, q) => outcomes.slice(q * groupSize, (q + 1) * groupSize),
      ),
    };
    steps.push(step);
    onStep(step, steps.length);
  }
  return steps;
}
