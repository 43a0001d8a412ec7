/**
 * Runs and records of episodes for tests of the viewer.
 *
 * @module
 */

import { makeAlgorithm } from "../../../src/algorithms/mod.ts";
import { rewardOptions } from "../../../src/rewards/options.ts";
import type { EpisodeRecord, Phase, Run } from "../../../src/store/run_store.ts";
import type { Episode } from "../../../src/trajectory/episode.ts";
import { answer, call, episode, failure, rows, VIOLATION } from "../../rewards/episodes.ts";

export const GOLD = rows([1n], [2n]);

/** Four attempts that differ in outcome, length, redundancy and format. */
export const ATTEMPTS: readonly Episode[] = [
  episode([answer("SELECT a", GOLD)], GOLD),
  episode([call("SELECT a", GOLD), call("SELECT a", GOLD), answer("SELECT a", GOLD)], GOLD),
  episode([call("SELECT b", rows([1n])), VIOLATION, answer("SELECT c", failure("no"))], GOLD),
  episode([call("SELECT d", failure("no such table: d"))], GOLD),
].map((attempt, seed) => ({ ...attempt, seed }));

/** What a training run records of itself. */
export function runOf(
  algorithm: string,
  { id = 1, credit = {}, rewards = {}, groupSize = 4, groupsPerStep = 8 }: {
    readonly id?: number;
    readonly credit?: Readonly<Record<string, unknown>>;
    readonly rewards?: Readonly<Record<string, unknown>>;
    readonly groupSize?: number;
    readonly groupsPerStep?: number;
  } = {},
): Run {
  const { name, options } = makeAlgorithm(algorithm, credit);
  return {
    id,
    kind: "train",
    status: "finished",
    started: "2026-01-01T00:00:00.000Z",
    finished: "2026-01-01T00:01:00.000Z",
    command: `finestep train --algorithm ${algorithm}`,
    seed: 1,
    commit: null,
    dataSet: "tiny",
    algorithm: name,
    identity: null,
    options: {
      training: { groupSize, groupsPerStep },
      rewards: rewardOptions(name, rewards),
      credit: options,
    },
    trainStepCount: 1,
    episodeCount: 4,
    verdictCount: 0,
  };
}

/** A run that only evaluates. */
export function evalRun(id: number): Run {
  return { ...runOf("finestep", { id }), kind: "eval", algorithm: null, options: {} };
}

/** Episodes as stored; which are right is what their results say. */
export function recordsOf(
  episodes: readonly Episode[],
  { phase = "train", trainStep = 0 }: {
    readonly phase?: Phase;
    readonly trainStep?: number | null;
  } = {},
): EpisodeRecord[] {
  return episodes.map((episode) => {
    const isCorrect = episode.finalResult === GOLD;
    const outcome = Number(isCorrect);
    return { phase, trainStep, outcome, isCorrect, redundantCalls: 0, episode };
  });
}

/** The episodes as attempts at another question. */
export function asking(
  question: string,
  exampleId: string,
  episodes: readonly Episode[] = ATTEMPTS,
): Episode[] {
  const prompt = [{ role: "user" as const, content: `t(a)\nquestion: ${question}` }];
  return episodes.map((episode) => ({ ...episode, exampleId, prompt }));
}
