/**
 * What an exporter writes: one phase of a stored run with everything that was found in it.
 *
 * @module
 */

import type { Verdict } from "../evaluation/verdict.ts";
import type { Metric, Phase, Run } from "../store/run_store.ts";
import type { Episode } from "../trajectory/episode.ts";

/** An evaluation as it lies in the store. */
export interface ExportedRun {
  readonly run: Run;
  readonly phase: Phase;
  /** Those of the phase. */
  readonly metrics: readonly Metric[];
  /** In the order of the questions. */
  readonly verdicts: readonly Verdict[];
  /** What a policy said and did; a verdict without an episode is of an answer read from a file. */
  readonly episodes?: Iterable<Episode>;
  /** What the run has used of an endpoint, by name; empty for one that asked none. */
  readonly usage?: Readonly<Record<string, number>>;
}

/**
 * How much of the evaluation is there, for instance `812 of 1534 questions`; null where it is whole,
 * or where nobody wrote down how many questions were chosen.
 */
export function partialText({ run, verdicts }: ExportedRun): string | null {
  const done = verdicts.length;
  if (!run.identity) {
    return run.status === "finished" ? null : `${done} questions of a run that is ${run.status}`;
  }
  const { questions, samples } = run.identity;
  const planned = questions.evaluated * samples;
  return done < planned
    ? `${done} of ${planned} ${samples === 1 ? "questions" : "attempts"}`
    : null;
}
