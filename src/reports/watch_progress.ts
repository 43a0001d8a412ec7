/**
 * How far a run is, and when it will end.
 *
 * @module
 */

import type { Run } from "../store/run_store.ts";
import { duration } from "./duration.ts";
import type { Style } from "./style.ts";
import { timeOf } from "./train_report.ts";
import type { WatchedEvaluation, WatchedRun } from "./watch_snapshot.ts";

/** What a run is at. */
export interface RunProgress {
  /** `training`, `evaluating before`, … */
  readonly doing: string;
  readonly done: number;
  /** Null where it is not known. */
  readonly total: number | null;
  /** What is counted: `steps`, `tokens` or `verdicts`. */
  readonly unit: string;
  /** Until what it is at is done, as fast as lately; null where nothing says how fast it is. */
  readonly secondsLeft: number | null;
}

/** Train steps that say how fast training is lately. */
const LATELY = 8;

/** A run that stores nothing for so long may hang, or wait for a server. */
const QUIET_SECONDS = 60;

/** What a run is at, or where it ended. */
export function progressOf(watched: WatchedRun): RunProgress {
  const { run, steps, evaluations } = watched;
  const last = evaluations.at(-1);
  if (last && !(run.kind === "train" && last.isComplete)) return evaluationProgress(last);
  if (run.kind === "train" && (last || steps.length > 0)) return trainingProgress(watched);
  return { doing: "starting", done: 0, total: null, unit: "verdicts", secondsLeft: null };
}

/** Of steps and tokens the limit counts that is nearer. */
function trainingProgress({ run, steps, quietSeconds }: WatchedRun): RunProgress {
  const { trainSteps, tokenBudget } = trainingOptions(run);
  const lately = steps.slice(-LATELY);
  const mean = (valueOf: (metrics: Readonly<Record<string, number>>) => number) =>
    lately.reduce((sum, { metrics }) => sum + valueOf(metrics), 0) / lately.length;
  const tokens = steps.reduce((sum, { metrics }) => sum + metrics["env/sampled_tokens"], 0);
  const isByTokens = tokenBudget > 0 && tokens / tokenBudget > steps.length / trainSteps;
  const stepsLeft = isByTokens
    ? Math.max(0, Math.ceil((tokenBudget - tokens) / mean((one) => one["env/sampled_tokens"])))
    : trainSteps - steps.length;
  return {
    doing: "training",
    ...isByTokens
      ? { done: tokens, total: tokenBudget, unit: "tokens" }
      : { done: steps.length, total: trainSteps, unit: "steps" },
    // The step under way began when the last one was stored.
    secondsLeft: steps.length === 0
      ? null
      : Math.max(0, stepsLeft * mean(timeOf) / 1000 - quietSeconds),
  };
}

/** The length of a training, as its record has it. */
export function trainingOptions({ options }: Run): { trainSteps: number; tokenBudget: number } {
  return options.training as { trainSteps: number; tokenBudget: number };
}

function evaluationProgress(evaluation: WatchedEvaluation): RunProgress {
  const { phase, done, total, perSecond } = evaluation;
  return {
    doing: phase === "eval" ? "evaluating" : `evaluating ${phase} training`,
    ...{ done, total, unit: "verdicts" },
    secondsLeft: perSecond && total !== null ? (total - done) / perSecond : null,
  };
}

/** `training 12/36`, `evaluating 100`, `starting`. */
export function progressText({ doing, done, total, unit }: RunProgress): string {
  if (done === 0 && total === null) return doing;
  const count = total === null ? String(done) : `${done}/${total}`;
  return `${doing} ${count}${unit === "tokens" ? " tokens" : ""}`;
}

/** When it will end, or how it ended: `20 s left`, `quiet for 3 min 0 s`, `failed after 1 min 5 s`. */
export function endText(watched: WatchedRun): string {
  const { run, quietSeconds } = watched;
  if (run.status !== "running") {
    // What was killed has no end.
    if (run.finished === null) return run.status;
    const seconds = (Date.parse(run.finished) - Date.parse(run.started)) / 1000;
    return `${run.status} after ${duration(seconds)}`;
  }
  if (quietSeconds >= QUIET_SECONDS) return `quiet for ${duration(quietSeconds)}`;
  const { secondsLeft } = progressOf(watched);
  return secondsLeft === null ? "running" : `${duration(secondsLeft)} left`;
}

/** A bar of `width` signs; empty where the total is not known. */
export function progressBar({ done, total }: RunProgress, width: number, style: Style): string {
  if (total === null || total === 0) return "";
  const full = Math.min(width, Math.round(width * done / total));
  const [on, off] = style.unicode ? ["█", "░"] : ["#", "."];
  return on.repeat(full) + off.repeat(width - full);
}
