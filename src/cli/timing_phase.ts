/**
 * R-VES as a part of a command: times right answers against their gold SQL, one at a time, and stores
 * each reward as it comes.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import { rVesReward, timeRatio } from "../evaluation/r_ves.ts";
import { summarize } from "../evaluation/summary.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import type { SqlPool } from "../sandbox/pool.ts";
import type { Destination, Evaluation } from "./evaluation_phase.ts";
import { Progress } from "./progress.ts";

/** How answers are timed. */
export interface TimingOptions {
  readonly examples: readonly Example[];
  /** Runs of each statement (BIRD's: 100). */
  readonly iterations: number;
  /** Time for one run of both statements, in ms; BIRD's limit is on all runs together. */
  readonly timeoutMs: number;
  readonly seed: number;
  readonly unsound?: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/**
 * Times the right answers that have no reward yet; wrong ones get 0. Stopped early, the rest is left
 * without a reward.
 */
export async function timingPhase(
  { verdicts }: Evaluation,
  pool: Pick<SqlPool, "time">,
  { examples, iterations, timeoutMs, seed, unsound, signal }: TimingOptions,
  { store, runId, phase }: Destination,
): Promise<Evaluation> {
  using progress = new Progress({ label: `timing ${iterations} runs of`, total: verdicts.length });
  const positions = new Map(examples.map(({ id }, position) => [id, position]));
  const timed: Verdict[] = [];
  for (const verdict of verdicts) {
    const position = positions.get(verdict.exampleId)!;
    if (verdict.rVesReward !== null || signal.aborted) timed.push(verdict);
    else {
      const { path } = examples[position].database;
      const rVesReward = await rewardOf(verdict, path, pool, {
        iterations,
        timeoutMs: timeoutMs * iterations,
      });
      timed.push({ ...verdict, rVesReward });
      store.addVerdicts(runId, phase, [{ verdict: timed.at(-1)!, position, episode: null }]);
    }
    progress.advance();
  }
  return { verdicts: timed, summary: summarize(timed, { seed, unsound }) };
}

async function rewardOf(
  { isCorrect, predictedSql, goldSql }: Verdict,
  path: string,
  pool: Pick<SqlPool, "time">,
  options: { readonly iterations: number; readonly timeoutMs: number },
): Promise<number> {
  if (!isCorrect || predictedSql === null) return 0;
  const times = await pool.time(path, predictedSql, goldSql, options);
  // As in the official code, where whatever goes wrong in the timing gives no reward.
  if (times.kind !== "times") return 0;
  return rVesReward(timeRatio(times.goldSeconds, times.predictedSeconds));
}
