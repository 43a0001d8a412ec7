/**
 * Reads what the live view shows from a store that other processes write.
 *
 * @module
 */

import { statSync } from "node:fs";
import { defaults } from "../config/option.ts";
import { watchedEvaluations } from "../reports/watch_evaluation.ts";
import type { WatchedRun, WatchedTrajectory, WatchSnapshot } from "../reports/watch_snapshot.ts";
import { REWARD_OPTIONS, type RewardOptions } from "../rewards/options.ts";
import { score } from "../rewards/score.ts";
import { LiveRuns, type Tally } from "../store/live_runs.ts";
import type { EpisodeRecord, Phase, Run, TrainStep } from "../store/run_store.ts";

/** Trajectories read, more than a terminal shows. */
const TRAJECTORIES = 16;

type StoredRun = Omit<WatchedRun, "quietSeconds">;

/** What was read last. */
interface Stored {
  readonly version: string;
  readonly wanted: number | null;
  readonly watched: StoredRun;
  readonly trajectories: readonly WatchedTrajectory[];
  readonly running: readonly StoredRun[];
}

/** Remembers between readings what tells how fast a run is; closed at the end of its `using` block. */
export class WatchReader implements Disposable {
  readonly #path: string;
  readonly #now: () => number;
  #runs: LiveRuns | null = null;
  #stored: Stored | null = null;
  readonly #steps = new Map<number, readonly TrainStep[]>();
  /** When and at how many verdicts a phase was seen first, by run and phase. */
  readonly #firstSeen = new Map<string, { readonly ms: number; readonly done: number }>();
  /** When something new was seen of a run last. */
  readonly #news = new Map<number, { readonly counts: string; readonly ms: number }>();

  /** @param now Milliseconds since 1970. */
  constructor(path: string, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
  }

  /**
   * What is stored now; null where no run is.
   *
   * @param wanted Id of the run to show in full; null for the newest.
   * @throws {RangeError} If there is no such run, or another version of this program wrote the store.
   */
  read(wanted: number | null): WatchSnapshot | null {
    const runs = this.#runs ??= LiveRuns.open(this.#path);
    if (runs === null) return null;
    // Asked first: what is stored after that is seen the next time.
    const { version } = runs;
    if (this.#stored?.version !== version || this.#stored.wanted !== wanted) {
      this.#stored = runs.atOnce(() => this.#read(runs, version, wanted));
    }
    if (this.#stored === null) return null;
    const { watched, trajectories, running } = this.#stored;
    return {
      watched: this.#withQuiet(watched),
      trajectories,
      running: running.map((one) => this.#withQuiet(one)),
    };
  }

  [Symbol.dispose](): void {
    this.#runs?.[Symbol.dispose]();
  }

  #read(runs: LiveRuns, version: string, wanted: number | null): Stored | null {
    const id = wanted ?? runs.newest();
    if (id === null) return null;
    const watched = this.#run(runs, id);
    const running = runs.store.running()
      .map((other) => other === id ? watched : this.#run(runs, other));
    return { version, wanted, watched, trajectories: trajectoriesOf(runs, watched), running };
  }

  #run(runs: LiveRuns, id: number): StoredRun {
    const run = runs.store.run(id);
    const tallies = runs.tallies(id);
    const evaluations = watchedEvaluations({
      run,
      tallies,
      callCounts: runs.callCounts(id),
      metrics: runs.store.metrics(id),
      perSecond: this.#perSecond(id, tallies),
    });
    return { run, steps: this.#stepsOf(runs, run), evaluations };
  }

  /** Steps that are known are not read again, but where a run that goes on has forgotten some. */
  #stepsOf(runs: LiveRuns, { id, trainStepCount }: Run): readonly TrainStep[] {
    const known = this.#steps.get(id) ?? [];
    const kept = known.length <= trainStepCount ? known : [];
    const steps = [...kept, ...runs.store.trainSteps(id, kept.length)];
    this.#steps.set(id, steps);
    return steps;
  }

  #perSecond(id: number, tallies: readonly Tally[]): Map<Phase, number> {
    const ms = this.#now();
    const phases = Map.groupBy(tallies, ({ phase }) => phase);
    const rates = new Map<Phase, number>();
    for (const [phase, some] of phases) {
      const key = `${id} ${phase}`;
      const done = some.reduce((sum, { verdicts }) => sum + verdicts, 0);
      const first = this.#firstSeen.getOrInsert(key, { ms, done });
      if (done > first.done && ms > first.ms) {
        rates.set(phase, 1000 * (done - first.done) / (ms - first.ms));
      }
    }
    return rates;
  }

  #withQuiet(stored: StoredRun): WatchedRun {
    const { id, trainStepCount, episodeCount, verdictCount } = stored.run;
    const counts = `${trainStepCount} ${episodeCount} ${verdictCount}`;
    const known = this.#news.get(id);
    // What was stored before this reader came is as old as the store at most.
    const news = known?.counts === counts
      ? known
      : { counts, ms: known ? this.#now() : lastWriteMs(this.#path) };
    this.#news.set(id, news);
    return { ...stored, quietSeconds: Math.max(0, this.#now() - news.ms) / 1000 };
  }
}

/** When a process wrote the store last: new commits stand in a file beside it. */
function lastWriteMs(path: string): number {
  const times = [path, `${path}-wal`]
    .map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}

function trajectoriesOf(runs: LiveRuns, watched: StoredRun): WatchedTrajectory[] {
  const { run } = watched;
  const episodes = runs.store.latestEpisodes(run.id, { ...latest(watched), count: TRAJECTORIES });
  const rewards = run.options.rewards as RewardOptions | undefined;
  return episodes.map((record) => ({
    record,
    process: rewards ? processOf(record, rewards) : null,
  }));
}

/** Where the newest episodes of a run are. */
function latest({ steps, evaluations }: StoredRun): { phase: Phase; trainStep: number | null } {
  const phase = evaluations.at(-1)?.phase ?? "train";
  const isTraining = steps.length > 0 && phase !== "after";
  return isTraining
    ? { phase: "train", trainStep: steps.at(-1)!.trainStep }
    : { phase, trainStep: null };
}

/** A run that is older than an option has trained without it. */
function processOf({ episode }: EpisodeRecord, rewards: RewardOptions): Float64Array {
  return score(episode, { ...defaults(REWARD_OPTIONS), ...rewards }).process;
}
