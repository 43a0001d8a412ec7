/**
 * An evaluation that goes on, from counts of its verdicts.
 *
 * @module
 */

import { bootstrapRates, wilsonInterval } from "../evaluation/statistics.ts";
import { OUTCOMES } from "../evaluation/verdict.ts";
import type { CallCount, Tally } from "../store/live_runs.ts";
import type { Metric, Phase, Run } from "../store/run_store.ts";
import { estimateText } from "./measures.ts";
import type { Style } from "./style.ts";
import type { WatchedEvaluation } from "./watch_snapshot.ts";

/** Phases that evaluate, in the order in which a run has them. */
const PHASES: readonly Phase[] = ["before", "after", "eval"];

/** A tenth of what a report takes: a few ms, as the runs that are watched need the processor. */
const RESAMPLES = 1000;

/** What the store has of a run's evaluations. */
export interface EvaluationCounts {
  readonly run: Pick<Run, "status" | "identity" | "seed">;
  readonly tallies: readonly Tally[];
  readonly callCounts: readonly CallCount[];
  /** The measures of evaluations that are complete. */
  readonly metrics: readonly Metric[];
  /** Verdicts that came in a second, by phase, where one came. */
  readonly perSecond: ReadonlyMap<Phase, number>;
}

/**
 * The evaluations of a run that have begun. A complete one has the EX that was stored for it. EX so far
 * has Wilson's interval, or a bootstrapped one over questions where some were tried several times.
 */
export function watchedEvaluations(counts: EvaluationCounts): WatchedEvaluation[] {
  return PHASES.flatMap((phase) => {
    const tallies = counts.tallies.filter((tally) => tally.phase === phase);
    return tallies.length === 0 ? [] : [watchedEvaluation(phase, tallies, counts)];
  });
}

function watchedEvaluation(
  phase: Phase,
  tallies: readonly Tally[],
  counts: EvaluationCounts,
): WatchedEvaluation {
  const done = verdictsOf(tallies);
  const stored = counts.metrics.find((metric) => metric.phase === phase && metric.name === "ex");
  const calls = counts.callCounts.find((count) => count.phase === phase);
  const byOutcome = Map.groupBy(tallies, ({ outcome }) => outcome);
  return {
    phase,
    done,
    total: stored ? done : totalOf(phase, counts),
    isComplete: stored !== undefined,
    ex: stored ?? exSoFar(tallies, counts.run.seed),
    outcomes: new Map(OUTCOMES.flatMap((outcome) => {
      const some = byOutcome.get(outcome);
      return some ? [[outcome, verdictsOf(some)]] : [];
    })),
    redundantRate: calls && calls.calls > 0 ? calls.redundant / calls.calls : null,
    callsPerAttempt: calls ? calls.calls / calls.episodes : null,
    perSecond: counts.perSecond.get(phase) ?? null,
  };
}

/** After training the same questions are asked as before; how many those are, no record says. */
function totalOf(phase: Phase, { run: { identity }, tallies }: EvaluationCounts): number | null {
  if (identity) return identity.questions.evaluated * identity.samples;
  return phase === "after" ? verdictsOf(tallies.filter((one) => one.phase === "before")) : null;
}

function exSoFar(tallies: readonly Tally[], seed: number): WatchedEvaluation["ex"] {
  const questions = [...Map.groupBy(tallies, ({ exampleId }) => exampleId).values()];
  const n = questions.length;
  const right = (some: readonly Tally[]) => some.reduce((sum, tally) => sum + tally.right, 0);
  if (verdictsOf(tallies) === n) {
    return { value: right(tallies) / n, ...wilsonInterval(right(tallies), n), n };
  }
  const sums = {
    numerators: Float64Array.from(questions, right),
    denominators: Float64Array.from(questions, verdictsOf),
  };
  const [{ estimate, low, high }] = bootstrapRates([sums], { seed, resamples: RESAMPLES });
  return { value: estimate, low, high, n };
}

function verdictsOf(tallies: readonly Tally[]): number {
  return tallies.reduce((sum, { verdicts }) => sum + verdicts, 0);
}

/** What an evaluation found so far, in one line. */
export function evaluationLine(evaluation: WatchedEvaluation, style: Style): string {
  const { phase, ex, redundantRate, callsPerAttempt, isComplete } = evaluation;
  return [
    phase.padEnd(6),
    `EX ${estimateText("ex", ex, style)} (n = ${ex.n}${isComplete ? "" : " so far"})`,
    ...redundantRate === null ? [] : [`redundant ${(100 * redundantRate).toFixed(1)} %`],
    ...callsPerAttempt === null ? [] : [`calls ${callsPerAttempt.toFixed(2)}`],
  ].join("  ");
}

/** How answers came out, the commonest first. */
export function outcomesLine({ outcomes, done }: WatchedEvaluation): string {
  const shares = [...outcomes].sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count} (${(100 * count / done).toFixed(1)} %)`);
  return `outcomes  ${shares.join("  ")}`;
}
