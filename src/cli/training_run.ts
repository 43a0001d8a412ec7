/**
 * One training run: evaluation before, train steps, evaluation after, each stored as it comes.
 *
 * @module
 */

import { join } from "node:path";
import type { Algorithm } from "../algorithms/algorithm.ts";
import { makeAlgorithm } from "../algorithms/mod.ts";
import type { Example } from "../dataset/example.ts";
import { loadTrainingData, type TrainingData } from "../dataset/held_out.ts";
import type { Engine } from "../engines/engine.ts";
import { AnswerResults } from "../env/answer_results.ts";
import type { EnvOptions } from "../env/options.ts";
import type { Task } from "../env/task.ts";
import { actionText } from "../env/parse.ts";
import { byPolicy, trialsOf } from "../evaluation/evaluate.ts";
import { isRedundant, redundancyOf } from "../evaluation/redundancy.ts";
import { differences, solvedByBoth, summarize } from "../evaluation/summary.ts";
import { saveAdapters } from "../models/adapter_folder.ts";
import { mergedWeights } from "../models/lora.ts";
import { type Model, saveModel } from "../models/model_folder.ts";
import { DemonstratingPolicy } from "../policies/demonstration.ts";
import type { Policy } from "../policies/policy.ts";
import { duration } from "../reports/duration.ts";
import { comparisonText, stepLine, timeOf, timeTable } from "../reports/train_report.ts";
import { type RewardOptions, rewardOptions } from "../rewards/options.ts";
import { SqlPool } from "../sandbox/pool.ts";
import type { RunStore } from "../store/run_store.ts";
import {
  configHash,
  hasCheckpoint,
  latestCheckpoint,
  saveCheckpoint,
} from "../trainer/checkpoint.ts";
import { makeTask } from "../tasks/mod.ts";
import type { StepReport } from "../trainer/step_report.ts";
import { type Progress, train } from "../trainer/train.ts";
import { given } from "./args.ts";
import { type Evaluation, evaluationPhase, storeMeasures } from "./evaluation_phase.ts";
import {
  adaptersOf,
  envOptions,
  loraOf,
  makeEngine,
  makeReference,
  type Place,
  placeOf,
} from "./engine_setup.ts";
import { located } from "./located.ts";
import { nextCommand } from "./setup.ts";
import { loadSizedModel } from "./sized_model.ts";
import { outputStyle } from "./terminal.ts";
import { QUICK_NOTE, type TrainFlags } from "./train_flags.ts";

/** Name and version of `--json`; the version goes up with a change that breaks readers. */
const TRAINING_FORMAT = "finestep.training/1";

/** What a run works with, in the order in which it is loaded. */
interface Parts {
  readonly flags: TrainFlags;
  readonly pool: SqlPool;
  readonly model: Model;
  readonly data: TrainingData;
  readonly task: Task;
  readonly engine: Engine;
  /** What the engine computes on. */
  readonly place: Place;
  /** The policy that the run began with, where a KL term compares with it. */
  readonly reference?: Engine;
}

/** Where a trained policy is. */
interface SavedPolicy {
  readonly path: string;
  /** The command that evaluates it. */
  readonly usage: string;
}

/** A run that is set up. */
export class TrainingRun implements AsyncDisposable {
  readonly algorithm: Algorithm;
  readonly #parts: Parts;
  readonly #env: EnvOptions;
  readonly #rewards: RewardOptions;

  private constructor(parts: Parts) {
    const { flags, model, task } = parts;
    const { algorithm: name } = flags.values.run;
    this.#parts = parts;
    this.#env = envOptions(flags.values.environment, flags.given.has("template"), model);
    this.algorithm = makeAlgorithm(name, given(flags, "credit"));
    this.#rewards = rewardOptions(this.algorithm.name, {
      ...task.rewards,
      ...given(flags, "rewards"),
    });
  }

  /**
   * Loads data and model.
   *
   * @throws {Error} If one of them cannot be loaded.
   * @throws {RangeError} If the algorithm is unknown.
   */
  static async open(flags: TrainFlags): Promise<TrainingRun> {
    const { run, training, engine: engineOptions, environment } = flags.values;
    const { options: { klCoefficient } } = makeAlgorithm(run.algorithm, given(flags, "credit"));
    const place = await placeOf(engineOptions);
    const model = await loadSizedModel(run.model, run, {
      ...{ engine: engineOptions, place },
      conversations: training.groupsPerStep * training.groupSize,
      training: { lora: await loraOf(engineOptions) },
    });
    const roots = [run.data, run.evalData].filter((named) => named !== "").map(located);
    const pool = new SqlPool({ roots, workers: run.workers });
    try {
      const where = { ...run, seed: training.seed, locate: located };
      const loaded = await loadTrainingData(where, pool);
      const answers = new AnswerResults(pool, { timeoutMs: environment.answerTimeoutMs });
      const { toolTimeoutMs } = environment;
      const task = makeTask(loaded.task, { pool, answers, toolTimeoutMs });
      const data = await withoutUselessGold(loaded, task);
      const adapters = await adaptersOf(model, engineOptions, training.seed);
      const parts = { adapters, place, seed: training.seed };
      const reference = Number(klCoefficient) > 0
        ? await makeReference(model, engineOptions, parts)
        : undefined;
      const engine = await makeEngine(model, engineOptions, parts);
      return new TrainingRun({
        ...{ flags, pool, model, data, task, engine, reference, place },
      });
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The options in force, for the run's record. */
  get record(): Record<string, unknown> {
    const { run: _, ...tables } = this.#parts.flags.values;
    return {
      ...tables,
      environment: this.#env,
      rewards: this.#rewards,
      credit: this.algorithm.options,
    };
  }

  /** What the engine computes on. */
  get device(): string {
    return this.#parts.place.name;
  }

  /** Evaluates, trains, evaluates again, and prints what came of it. */
  async run(
    store: RunStore,
    runId: number,
    signal: AbortSignal,
  ): Promise<"finished" | "interrupted"> {
    this.#announce(runId);
    const start = await this.#start(store, runId);
    // Verdicts that a stopped run has stored are taken over.
    const before = await this.#evaluate(store, runId, "before");
    if (!signal.aborted) await this.#train(store, runId, signal, start);
    if (signal.aborted) {
      const resume = nextCommand(store.file.path, "train", "--resume", `${runId}`);
      console.error(`Stopped; go on with: ${resume}`);
      return "interrupted";
    }
    const after = await this.#evaluate(store, runId, "after");
    const policy = await this.#savePolicy(join(this.#folder(runId), "policy"));
    this.#report(store, runId, { before, after, policy });
    return "finished";
  }

  /**
   * Saves the trained model; adapters are merged into it, and kept beside it too. Where a server has the
   * weights, there is nothing to merge with.
   */
  async #savePolicy(path: string): Promise<SavedPolicy> {
    const { engine, model, flags } = this.#parts;
    const { model: base } = flags.values.run;
    const { shape, weights: learned, remote } = await engine.learned();
    if (remote !== undefined) return { path: remote, usage: "kept by the server" };
    const adapterPath = `${path}_adapter`;
    if (shape) await saveAdapters(adapterPath, { shape, weights: learned }, base);
    if (model.weights.size === 0) {
      return { path: adapterPath, usage: `finestep eval --model ${base} --adapter ${adapterPath}` };
    }
    const weights = shape
      ? mergedWeights(model.config, shape, { weights: model.weights, adapters: learned })
      : learned;
    await saveModel(path, { ...model, weights });
    return { path, usage: `finestep eval --model ${path}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.engine[Symbol.asyncDispose]();
    await this.#parts.reference?.[Symbol.asyncDispose]();
    await this.#parts.pool[Symbol.asyncDispose]();
  }

  #folder(runId: number): string {
    return join(this.#parts.flags.values.run.runs, String(runId));
  }

  get #heldOut(): readonly Example[] {
    const { data, flags } = this.#parts;
    const { evalLimit } = flags.values.run;
    return evalLimit === 0 ? data.heldOut : data.heldOut.slice(0, evalLimit);
  }

  /** The questions, and how many of them `--eval-limit` lets be evaluated. */
  get #dataText(): string {
    const { data: { description, heldOut } } = this.#parts;
    const count = this.#heldOut.length;
    return count === heldOut.length ? description : `${description}; the first ${count} of these`;
  }

  #announce(runId: number): void {
    const { data, flags } = this.#parts;
    const { run, training } = flags.values;
    const { name } = this.algorithm;
    const lines = [
      `Run ${runId}: ${name}${
        name.startsWith("finestep") ? " (reconstruction)" : ""
      }, seed ${training.seed}`,
      `Data: ${this.#dataText}`,
      ...data.warnings.map((warning) => `warning: ${warning}`),
      `Policy: ${run.model}, ${this.#parts.place.name}; ${this.#lengthText}`,
      ...run.quick ? [QUICK_NOTE] : [],
    ];
    console.error(lines.join("\n"));
  }

  get #lengthText(): string {
    const { trainSteps, tokenBudget, groupsPerStep, groupSize } = this.#training;
    const budget = tokenBudget === 0 ? "" : `${tokenBudget} tokens, at most `;
    const groups = this.algorithm.isSupervised
      ? `${groupsPerStep} demonstrations`
      : `${groupsPerStep} groups of ${groupSize} episodes`;
    return `${budget}${trainSteps} train steps of ${groups}`;
  }

  /** Where a stopped run goes on; what was stored after that is forgotten. */
  async #start(store: RunStore, runId: number): Promise<Progress | undefined> {
    const folder = join(this.#folder(runId), "checkpoints");
    const checkpoint = await hasCheckpoint(folder) ? await latestCheckpoint(folder) : undefined;
    checkpoint?.warnings.forEach((warning) => console.error(`warning: ${warning}`));
    if (checkpoint && checkpoint.configHash !== this.#hash) {
      throw new RangeError(
        `Cannot resume run ${runId} as its options must be those of its checkpoint: they differ: ${checkpoint.path}`,
      );
    }
    store.truncateAfter(runId, checkpoint?.trainStep ?? 0);
    if (checkpoint) console.error(`Going on after train step ${checkpoint.trainStep}`);
    return checkpoint;
  }

  /** Demonstrations of one question are all alike, so each is shown once, for as many questions. */
  get #training(): TrainFlags["values"]["training"] {
    const { training } = this.#parts.flags.values;
    if (!this.algorithm.isSupervised) return training;
    const { groupsPerStep, groupSize } = training;
    return { ...training, groupsPerStep: groupsPerStep * groupSize, groupSize: 1 };
  }

  /** Answers each training question with its gold SQL, for supervised learning. */
  get #demonstrator(): Policy | undefined {
    if (!this.algorithm.isSupervised) return undefined;
    const { data, model, task } = this.#parts;
    const messages = data.training.map((example) => {
      const answer = { kind: "answer", reasoning: "", sql: task.goldAnswer(example) } as const;
      return [example.id, actionText(answer, task.answerLanguage)] as const;
    });
    return new DemonstratingPolicy(new Map(messages), model.chat);
  }

  get #hash(): string {
    return configHash(this.record);
  }

  async #evaluate(store: RunStore, runId: number, phase: "before" | "after"): Promise<Evaluation> {
    const { engine, flags, task } = this.#parts;
    const { seed } = flags.values.training;
    const { maxTurnTokens, slots } = flags.values.engine;
    // BIRD's convention is greedy decoding.
    const policy = engine.policy({ temperature: 0, maxTurnTokens });
    const destination = { store, runId, phase };
    const evaluation = await evaluationPhase({
      label: `evaluating ${phase} training`,
      examples: this.#heldOut,
      trials: trialsOf(this.#heldOut, { seed }),
      attempt: byPolicy(policy, { ...this.#env, task }),
      concurrency: slots,
      seed,
      keepsEpisodes: true,
    }, destination);
    storeMeasures(evaluation, destination);
    return evaluation;
  }

  async #train(store: RunStore, runId: number, signal: AbortSignal, start?: Progress) {
    const { engine, reference, data, task, flags } = this.#parts;
    const { engine: { maxTurnTokens } } = flags.values;
    const folder = join(this.#folder(runId), "checkpoints");
    const { trainSteps } = this.#training;
    const reports = train({
      engine,
      reference,
      algorithm: this.algorithm,
      examples: data.training,
      env: { ...this.#env, task },
      maxTurnTokens,
      rewardOptions: this.#rewards,
      options: this.#training,
      demonstrator: this.#demonstrator,
      signal,
      saveCheckpoint: async (progress) => {
        await saveCheckpoint(folder, { ...progress, configHash: this.#hash });
      },
    }, start);
    const startMs = performance.now();
    let stepsDone = 0;
    for await (const report of reports) {
      storeStep(store, runId, report);
      stepsDone++;
      const msPerStep = (performance.now() - startMs) / stepsDone;
      const secondsLeft = msPerStep * (trainSteps - report.trainStep - 1) / 1000;
      const { trainStep, metrics } = report;
      const left = `${duration(secondsLeft)} left`;
      console.error(stepLine(trainStep, trainSteps, metrics, left));
    }
  }

  #report(
    store: RunStore,
    runId: number,
    { before, after, policy }: {
      readonly before: Evaluation;
      readonly after: Evaluation;
      readonly policy: SavedPolicy;
    },
  ): void {
    const { seed } = this.#parts.flags.values.training;
    const solved = solvedByBoth(before.verdicts, after.verdicts);
    const [solvedBefore, solvedAfter] = solved.map((verdicts) =>
      summarize(verdicts, { seed }).measures
    );
    const result = {
      before: before.summary,
      after: after.summary,
      difference: differences(before.verdicts, after.verdicts, { seed }),
      solvedByBoth: { before: solvedBefore, after: solvedAfter },
    };
    const steps = store.trainSteps(runId).map(({ metrics }) => metrics);
    if (this.#parts.flags.json) {
      const run = store.run(runId);
      console.log(
        JSON.stringify({ schema: TRAINING_FORMAT, run, ...result, policy: policy.path }, null, 2),
      );
      return;
    }
    const style = outputStyle();
    console.log([
      `\n${this.algorithm.name}, seed ${seed}: ${this.#dataText}`,
      "",
      comparisonText(result, style),
      "",
      timeTable(steps, style),
      "",
      `Options: ${optionsText({ ...this.algorithm.options, ...this.#rewards })}`,
      `Trained policy: ${policy.path} (${policy.usage})`,
      `Stored as run ${runId} (${nextCommand(store.file.path, "runs", `${runId}`)}); ${
        duration(steps.reduce((sum, metrics) => sum + timeOf(metrics), 0) / 1000)
      } of training`,
    ].join("\n"));
  }
}

/** Leaves out training questions whose gold SQL fails or gives nothing: no answer could be told right. */
async function withoutUselessGold(
  data: TrainingData,
  task: Task,
): Promise<TrainingData> {
  const results = await Promise.all(
    data.training.map((example) => task.gold(example)),
  );
  const training = data.training.filter((_, index) => {
    const result = results[index];
    return result.kind === "rows" && result.rows.length > 0;
  });
  const dropped = data.training.length - training.length;
  if (training.length === 0) {
    throw new RangeError(
      `Cannot train as the gold SQL of a question must give rows: none of ${dropped} does`,
    );
  }
  const warnings = dropped === 0
    ? []
    : [`${dropped} training questions left out, whose gold SQL fails or gives no rows`];
  return { ...data, training, warnings: [...data.warnings, ...warnings] };
}

function storeStep(store: RunStore, runId: number, { trainStep, metrics, episodes }: StepReport) {
  store.addTrainStep(
    runId,
    { trainStep, metrics },
    episodes.map(({ episode, rewards }) => ({
      phase: "train",
      trainStep,
      outcome: rewards.outcome,
      isCorrect: rewards.isCorrect,
      redundantCalls: redundancyOf(episode).calls.filter(isRedundant).length,
      episode,
    })),
  );
}

function optionsText(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options).map(([name, value]) => `${name}=${value}`).join(" ");
}
