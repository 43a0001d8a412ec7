/**
 * An evaluation as a part of a command: with progress, each verdict stored as it comes, and what an
 * earlier process has stored taken over.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import { type Attempt, evaluate, type Trial } from "../evaluation/evaluate.ts";
import { isRedundant } from "../evaluation/redundancy.ts";
import { type EvaluationSummary, summarize } from "../evaluation/summary.ts";
import { type Verdict, verdictOf } from "../evaluation/verdict.ts";
import type { JudgedRecord, Metric, Phase, RunStore } from "../store/run_store.ts";
import type { Episode } from "../trajectory/episode.ts";
import { Progress } from "./progress.ts";

/** Verdicts in the order of the attempts, with what they measure. */
export interface Evaluation {
  readonly verdicts: readonly Verdict[];
  readonly summary: EvaluationSummary;
}

/** What is evaluated, and how. */
export interface EvaluationPlan {
  /** Names the work in the progress line. */
  readonly label: string;
  readonly examples: readonly Example[];
  /** Attempts at them. */
  readonly trials: readonly Trial[];
  readonly attempt: Attempt;
  /** Attempts at a time. */
  readonly concurrency: number;
  /** Of the intervals. */
  readonly seed: number;
  /** Questions whose gold SQL is not to be trusted, by id; EX is also given without them. */
  readonly unsound?: ReadonlySet<string>;
  /** Whether episodes are stored beside their verdicts: those of a policy, not those of a file. */
  readonly keepsEpisodes: boolean;
  /** Stops the evaluation early; what has been found by then is summed up. */
  readonly signal?: AbortSignal;
  /** Whether attempts under way are then given up; when not given, where no episodes are kept. */
  readonly abandons?: boolean;
}

/** Where an evaluation is stored. */
export interface Destination {
  readonly store: RunStore;
  readonly runId: number;
  readonly phase: Phase;
}

/** The longest that a verdict waits to be stored, in ms, and how many wait at most. */
const STORE_AFTER = { ms: 100, verdicts: 64 };

/**
 * Makes the attempts that the store has no verdict on, and sums up all. Killed at any moment, it can be
 * called again with the same plan: none is lost or counted twice.
 */
export async function evaluationPhase(
  plan: EvaluationPlan,
  destination: Destination,
): Promise<Evaluation> {
  const { label, examples, trials, attempt, concurrency, signal, seed, unsound } = plan;
  // Answers of a file are soon found again; an engine must not be closed while it works.
  const { keepsEpisodes, abandons = !keepsEpisodes } = plan;
  const options = { concurrency, signal, abandons };
  const { store, runId, phase } = destination;
  const stored = store.verdicts(runId, phase);
  const verdicts = new Map(stored.map((one) => [keyOf(one.exampleId, one.seed), one]));
  const left = trials.filter(({ example, seed }) => !verdicts.has(keyOf(example.id, seed)));
  const positions = new Map(examples.map(({ id }, position) => [id, position]));
  let right = [...verdicts.values()].filter(({ isCorrect }) => isCorrect).length;
  using progress = new Progress({ label, total: trials.length, done: verdicts.size });
  using writer = new VerdictWriter(destination);
  for await (const { example, episode } of evaluate(left, attempt, options)) {
    const verdict = verdictOf(episode, example);
    verdicts.set(keyOf(example.id, verdict.seed), verdict);
    const record = keepsEpisodes ? episodeRecord(episode, verdict, phase) : null;
    writer.add({ verdict, position: positions.get(example.id)!, episode: record });
    right += Number(verdict.isCorrect);
    progress.advance(1, `EX ${(100 * right / verdicts.size).toFixed(1)}`);
  }
  writer.flush();
  const inOrder = trials.flatMap(({ example, seed }) =>
    verdicts.get(keyOf(example.id, seed)) ?? []
  );
  return { verdicts: inOrder, summary: summarize(inOrder, { seed, unsound }) };
}

function keyOf(exampleId: string, seed: number): string {
  return `${seed} ${exampleId}`;
}

/** Stores the measures of an evaluation that is complete. */
export function storeMeasures(
  { summary }: Evaluation,
  { store, runId, phase }: Destination,
): void {
  store.addMetrics(runId, measuresOf(summary, phase));
}

/** The measures of an evaluation as the store has them. */
export function measuresOf({ measures }: EvaluationSummary, phase: Phase): Metric[] {
  return Object.entries(measures).map(([name, measure]) => ({ phase, name, ...measure }));
}

/** Stores verdicts a few at a time, so that a fast evaluation does not wait for the disk. */
class VerdictWriter implements Disposable {
  readonly #destination: Destination;
  #waiting: JudgedRecord[] = [];
  #lastWriteMs = performance.now();

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  add(record: JudgedRecord): void {
    this.#waiting.push(record);
    const isDue = performance.now() - this.#lastWriteMs >= STORE_AFTER.ms;
    if (isDue || this.#waiting.length >= STORE_AFTER.verdicts) this.flush();
  }

  flush(): void {
    const { store, runId, phase } = this.#destination;
    store.addVerdicts(runId, phase, this.#waiting.splice(0));
    this.#lastWriteMs = performance.now();
  }

  /** Also when the evaluation fails, what was found by then is kept. */
  [Symbol.dispose](): void {
    this.flush();
  }
}

function episodeRecord(episode: Episode, verdict: Verdict, phase: Phase) {
  return {
    phase,
    trainStep: null,
    outcome: Number(verdict.isCorrect),
    isCorrect: verdict.isCorrect,
    redundantCalls: verdict.calls.filter(isRedundant).length,
    episode,
  };
}
