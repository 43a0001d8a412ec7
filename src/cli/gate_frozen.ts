/**
 * Frozen trajectories from their files, run again: texts that the fixture policy said once
 * (fixtures/gate/README.md), through parser, sandbox and observations as they are now.
 *
 * @module
 */

import { join } from "node:path";
import { defaults } from "../config/option.ts";
import { loadDataset } from "../dataset/dataset.ts";
import type { Example } from "../dataset/example.ts";
import { AnswerResults } from "../env/answer_results.ts";
import { ENV_OPTIONS, type EnvOptions } from "../env/options.ts";
import { type EpisodeOptions, runEpisode } from "../env/run_episode.ts";
import type { Replayed } from "../gate/frozen.ts";
import { type FrozenTrajectory, parseTrajectories } from "../gate/trajectory.ts";
import { ScriptedPolicy } from "../policies/scripted.ts";
import type { Turn } from "../policies/policy.ts";
import { SqlPool } from "../sandbox/pool.ts";
import { makeTask } from "../tasks/mod.ts";
import type { Episode } from "../trajectory/episode.ts";
import { located } from "./located.ts";
import { FIXTURE_DATA } from "./setup.ts";

/** The folder of frozen trajectories. */
const FROZEN_FOLDER = "fixtures/gate";

/** The questions that they answer. */
const SPLIT = "dev";

/** Gives an episode from what a policy said; tests put a broken parser in. */
export type Replay = (
  turns: readonly Turn[],
  example: Example,
  options: EpisodeOptions,
) => Promise<Episode>;

/** The project's own. */
export const replay: Replay = (turns, example, options) =>
  runEpisode(example, new ScriptedPolicy(turns, "frozen"), options);

/** The environment in which they were sampled. */
export const FROZEN_ENV: EnvOptions = { ...defaults(ENV_OPTIONS), template: "compact" };

/**
 * Runs all frozen trajectories again.
 *
 * @throws {Error} If files or questions are missing or not of their form.
 */
export async function replayFrozen(run: Replay = replay): Promise<Replayed[]> {
  const data = located(FIXTURE_DATA);
  await using pool = new SqlPool({ roots: [data], workers: 1 });
  const { examples, task: name } = await loadDataset(data, { split: SPLIT, pool });
  const byId = new Map(examples.map((example) => [example.id, example]));
  const { answerTimeoutMs: timeoutMs, toolTimeoutMs } = FROZEN_ENV;
  const answers = new AnswerResults(pool, { timeoutMs });
  const task = makeTask(name, { pool, answers, toolTimeoutMs });
  const counts = new Map<string, number>();
  const replayed: Replayed[] = [];
  for (const { question, seed, turns } of await readFrozen(located(FROZEN_FOLDER))) {
    const example = byId.get(question);
    if (!example) {
      throw new RangeError(
        `Cannot run frozen trajectories again as their questions must be in ${FIXTURE_DATA} ${SPLIT}: ` +
          `there is no question ${question}`,
      );
    }
    const place = counts.get(question) ?? 0;
    counts.set(question, place + 1);
    const episode = await run(turns, example, { ...FROZEN_ENV, task, seed });
    const shown = turns.map((turn) => turn.shown);
    replayed.push({ key: `${question}/${place}`, episode, shown });
  }
  return replayed;
}

/** The trajectories of all files of a folder, in the order of the files' names. */
async function readFrozen(folder: string): Promise<FrozenTrajectory[]> {
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .filter((name) => name.endsWith(".jsonl")).sort();
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(join(folder, name))));
  return texts.flatMap((text, file) => parseTrajectories(text, join(folder, names[file])));
}
