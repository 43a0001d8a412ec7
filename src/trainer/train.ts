/**
 * The training loop: examples become groups of episodes, groups become advantages, advantages
 * become one optimizer step.
 *
 * @module
 */

import type { Algorithm } from "../algorithms/algorithm.ts";
import { tokenAdvantages } from "../credit/spread.ts";
import { ExampleCursor } from "../dataset/batches.ts";
import type { Engine, EngineState, UpdateReport } from "../engines/engine.ts";
import type { Policy } from "../policies/policy.ts";
import { type Batch, makeBatch } from "../trajectory/batch.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import { collect, type CollectSetup } from "./collect.ts";
import type { TrainOptions } from "./options.ts";
import { learningRate, type ScheduleOptions } from "./schedule.ts";
import { sampledTokensOf, type StepReport, stepReport } from "./step_report.ts";

/** Everything a run is made of. */
export interface TrainSetup extends CollectSetup {
  readonly engine: Engine;
  /** Holder of the frozen policy that a KL term compares with; not needed without one. */
  readonly reference?: Pick<Engine, "logprobs">;
  /** Whose episodes are learned from in supervised learning; otherwise the engine's policy acts. */
  readonly demonstrator?: Policy;
  readonly maxTurnTokens: number;
  readonly options: TrainOptions & ScheduleOptions;
  /** Stores where the run is; called every `checkpointEvery` steps and after the last. */
  saveCheckpoint(progress: Progress): Promise<void>;
  /** When aborted, training ends after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** All that a run needs to go on exactly where it was, beside its options. */
export interface Progress {
  /** Train steps done. */
  readonly trainStep: number;
  /** Examples drawn. */
  readonly cursorPosition: number;
  /** Tokens that the policy has sampled, of all episodes. */
  readonly sampledTokens: number;
  readonly engineState: EngineState;
}

/**
 * Trains and yields a report of each train step. A step's report is yielded before its checkpoint
 * is saved, so that whoever stores reports never has fewer than the checkpoint counts.
 *
 * @param start Where to begin: a checkpoint's progress, or nothing. The engine's state is restored.
 */
export async function* train(setup: TrainSetup, start?: Progress): AsyncGenerator<StepReport> {
  const { engine, options } = setup;
  if (start) await engine.restore(start.engineState);
  const cursor = ExampleCursor.at(setup.examples.length, options.seed, start?.cursorPosition ?? 0);
  // At another temperature the sampled logprobs would be those of another distribution than the
  // engine's, and ratios would not begin at 1.
  const policy = setup.demonstrator ??
    engine.policy({ temperature: 1, maxTurnTokens: setup.maxTurnTokens });
  let sampledTokens = start?.sampledTokens ?? 0;
  for (
    let trainStep = start?.trainStep ?? 0;
    hasLeft(trainStep, sampledTokens, options);
    trainStep++
  ) {
    const { kept, sampled, times } = await collect(cursor, policy, setup);
    sampledTokens += sampledTokensOf(sampled.flat());
    const rate = learningRate(trainStep, options);
    const update = kept.length === 0 ? null : await updated(kept, rate, setup);
    yield stepReport(trainStep, { kept, sampled, times, update, learningRate: rate });
    const isStopped = setup.signal?.aborted ?? false;
    const isLast = !hasLeft(trainStep + 1, sampledTokens, options);
    if (isStopped || isLast || isCheckpointDue(trainStep + 1, options)) {
      await setup.saveCheckpoint({
        trainStep: trainStep + 1,
        cursorPosition: cursor.position,
        sampledTokens,
        engineState: await engine.state(),
      });
    }
    if (isStopped) return;
  }
}

/** One optimizer step on the kept groups; the reference's forward pass counts as forward. */
async function updated(
  kept: readonly (readonly ScoredEpisode[])[],
  rate: number,
  { engine, reference, algorithm, options }: TrainSetup,
): Promise<UpdateReport> {
  const startMs = performance.now();
  const batch = batchOf(kept, algorithm);
  const referenceLogprobs = await reference?.logprobs(batch);
  const referenceMs = performance.now() - startMs;
  const report = await engine.update(
    { ...batch, referenceLogprobs },
    algorithm.surrogate,
    rate,
    options.logprobs,
  );
  return { ...report, forwardMs: report.forwardMs + referenceMs };
}

/** The kept groups as a batch with token advantages. */
function batchOf(groups: readonly (readonly ScoredEpisode[])[], algorithm: Algorithm): Batch {
  return makeBatch(groups.flatMap((group) => {
    const advantages = algorithm.advantages(group);
    return group.map(({ episode }, g) => {
      if (episode.tokens === null) {
        throw new TypeError(
          `Cannot train on an episode of policy "${episode.policy}" as its tokens must be known: it gives text only`,
        );
      }
      return {
        tokens: episode.tokens,
        advantages: tokenAdvantages(advantages[g], episode.tokens),
      };
    });
  }));
}

/** Whether a further step begins: of two limits the one that is reached first counts. */
function hasLeft(
  stepsDone: number,
  sampledTokens: number,
  { trainSteps, tokenBudget }: TrainOptions,
): boolean {
  return stepsDone < trainSteps && (tokenBudget === 0 || sampledTokens < tokenBudget);
}

function isCheckpointDue(stepsDone: number, { checkpointEvery }: TrainOptions): boolean {
  return checkpointEvery > 0 && stepsDone % checkpointEvery === 0;
}
