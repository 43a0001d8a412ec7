/**
 * Runs at some moment, for tests of the live view.
 *
 * @module
 */

import type { WatchedEvaluation, WatchedRun } from "../../src/reports/watch_snapshot.ts";
import type { Run, TrainStep } from "../../src/store/run_store.ts";
import { RUN } from "../store/episodes.ts";

const TRAINING = { trainSteps: 4, tokenBudget: 0, groupsPerStep: 8, groupSize: 8 };

/** A training run of four steps. */
export function aRun(changes: Partial<Run> = {}): Run {
  return {
    ...RUN,
    options: { training: TRAINING, credit: { lambda: 0.5 } },
    id: 7,
    started: "2026-01-02T03:04:05.000Z",
    finished: null,
    status: "running",
    trainStepCount: 0,
    episodeCount: 0,
    verdictCount: 0,
    ...changes,
  };
}

/** The same run with so many sampled tokens as its limit. */
export function aRunByTokens(tokenBudget: number): Run {
  return aRun({ options: { training: { ...TRAINING, tokenBudget } } });
}

/** A train step of ten seconds. */
export function aStep(trainStep: number, metrics: Record<string, number> = {}): TrainStep {
  return {
    trainStep,
    metrics: {
      "env/ex": trainStep / 4,
      "env/redundant_tool_calls": 0.5,
      "env/tool_calls": 2,
      "env/sampled_tokens": 1000,
      "reward/process": 0.75,
      "loss/loss": -0.00012,
      "loss/gradient_norm": 123.4,
      "loss/clip_fraction": 0,
      "loss/approx_kl": 0.02,
      "time/rollout_ms": 4000,
      "time/scoring_ms": 0,
      "time/forward_ms": 1000,
      "time/backward_ms": 5000,
      "time/optimizer_ms": 0,
      ...metrics,
    },
  };
}

/** An evaluation of which 10 of 40 questions are done. */
export function anEvaluation(changes: Partial<WatchedEvaluation> = {}): WatchedEvaluation {
  return {
    phase: "before",
    done: 10,
    total: 40,
    isComplete: false,
    ex: { value: 0.5, low: 0.237, high: 0.763, n: 10 },
    outcomes: new Map([["right", 5], ["wrong_rows", 5]]),
    redundantRate: null,
    callsPerAttempt: null,
    perSecond: null,
    ...changes,
  };
}

/** A run of which nothing is stored yet but that it began. */
export function aWatched(changes: Partial<WatchedRun> = {}): WatchedRun {
  return { run: aRun(), steps: [], evaluations: [], quietSeconds: 0, ...changes };
}
