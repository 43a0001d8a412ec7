/**
 * The training loop: examples become groups of episodes, groups become advantages, advantages
 * become one optimizer step.
 *
 * @module
 */

import type { Algorithm } from "../algorithms/algorithm.ts";
import { Rng } from "../config/rng.ts";
import { tokenAdvantages } from "../credit/spread.ts";
import { ExampleCursor } from "../dataset/batches.ts";
import type { Example } from "../dataset/example.ts";
import type { Engine, EngineState } from "../engines/engine.ts";
import { type EpisodeSetup, runGroup } from "../env/run_group.ts";
import { score } from "../rewards/score.ts";
import type { RewardOptions } from "../rewards/options.ts";
import { stateKeys } from "../rewards/state_keys.ts";
import { type Batch, makeBatch } from "../trajectory/batch.ts";
import type { ScoredEpisode } from "../trajectory/group.ts";
import { collect } from "./collect.ts";
import type { TrainOptions } from "./options.ts";
import { learningRate, type ScheduleOptions } from "./schedule.ts";
import { stepMetrics, type StepReport } from "./step_report.ts";

/** Everything a run is made of. */
export interface TrainSetup {
  readonly engine: Engine;
  readonly algorithm: Algorithm;
  readonly examples: readonly Example[];
  readonly env: EpisodeSetup;
  readonly maxTurnTokens: number;
  readonly rewardOptions: RewardOptions;
  readonly options: TrainOptions & ScheduleOptions;
  /** Stores where the run is; called every `checkpointEvery` steps and after the last. */
  saveCheckpoint(progress: Progress): Promise<void>;
}

/** All that a run needs to go on exactly where it was, beside its options. */
export interface Progress {
  /** Train steps done. */
  readonly trainStep: number;
  /** Examples drawn. */
  readonly cursorPosition: number;
  readonly engineState: EngineState;
}

/**
 * Trains and yields a report of each train step. A step's report is yielded before its checkpoint
 * is saved, so that whoever stores reports never has fewer than the checkpoint counts.
 *
 * @param start Where to begin: a checkpoint's progress, or nothing. The engine's state is restored.
 */
export async function* train(setup: TrainSetup, start?: Progress): AsyncGenerator<StepReport> {
  const { engine, algorithm, options } = setup;
  if (start) engine.restore(start.engineState);
  const cursor = ExampleCursor.at(setup.examples.length, options.seed, start?.cursorPosition ?? 0);
  const policy = engine.policy({
    temperature: options.temperature,
    maxTurnTokens: setup.maxTurnTokens,
  });
  for (let trainStep = start?.trainStep ?? 0; trainStep < options.trainSteps; trainStep++) {
    const times = { rolloutMs: 0, sqlMs: 0, scoringMs: 0 };
    const rollout = async (indices: readonly number[]) => {
      const began = performance.now();
      const groups = await Promise.all(
        indices.map((index, n) =>
          runGroup(setup.examples[index], policy, {
            ...setup.env,
            seeds: episodeSeeds(options, cursor.position - indices.length + n),
          })
        ),
      );
      const ended = performance.now();
      const scored = groups.map((group) =>
        group.map((episode): ScoredEpisode => ({
          episode,
          rewards: score(episode, setup.rewardOptions),
          stateKeys: stateKeys(episode),
        }))
      );
      times.rolloutMs += ended - began;
      times.scoringMs += performance.now() - ended;
      times.sqlMs += groups.flat().reduce((sum, { timings }) => sum + timings.sqlMs, 0);
      return scored;
    };
    const { kept, sampled } = await collect(cursor, rollout, algorithm, options);
    const rate = learningRate(trainStep, options);
    const update = kept.length === 0
      ? null
      : await engine.update(batchOf(kept, algorithm), algorithm.surrogate, rate);
    const counts = { keptGroups: kept.length, sampledGroups: sampled.length };
    const { forwardMs = 0, backwardMs = 0, optimizerMs = 0 } = update ?? {};
    const episodes = sampled.flat();
    yield {
      trainStep,
      episodes,
      metrics: stepMetrics(episodes, counts, update, rate, {
        ...times,
        forwardMs,
        backwardMs,
        optimizerMs,
      }),
    };
    if (isCheckpointDue(trainStep + 1, options)) {
      await setup.saveCheckpoint({
        trainStep: trainStep + 1,
        cursorPosition: cursor.position,
        engineState: engine.state(),
      });
    }
  }
}

/** A seed for each trajectory of the group drawn at `position`; the same in a resumed run. */
function episodeSeeds(options: TrainOptions, position: number): number[] {
  return Array.from(
    { length: options.groupSize },
    (_, g) => new Rng(options.seed, "episode", position, g).bits(),
  );
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

function isCheckpointDue(stepsDone: number, { checkpointEvery, trainSteps }: TrainOptions) {
  return stepsDone === trainSteps || (checkpointEvery > 0 && stepsDone % checkpointEvery === 0);
}
