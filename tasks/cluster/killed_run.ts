/**
 * `finestep train` on a server, killed in the middle with the server, and gone on with.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../../src/store/run_store.ts";
import type { SkyrlServer } from "./skyrl_server.ts";
import { ADAM, type TrialOptions } from "./trial.ts";

/** What the run left behind. */
export interface ResumedRun {
  /** The last step that was printed before the kill. */
  readonly killedAfter: number;
  /** Steps that the checkpoint had done, which the resumed run went on after. */
  readonly resumedAfter: number;
  /** Loss and mean outcome of each step, as stored. */
  readonly loss: readonly number[];
  readonly outcome: readonly number[];
}

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/**
 * Trains; kills the process, then the server, in the step after the one that a checkpoint follows;
 * starts the server again on what it had stored; and resumes.
 *
 * @throws {Error} If a command fails, with what it said.
 */
export async function killedAndResumed(
  server: SkyrlServer,
  options: TrialOptions,
  folder: string,
): Promise<ResumedRun> {
  await Deno.mkdir(folder, { recursive: true });
  const store = join(folder, "runs.sqlite");
  // As near to the middle as a checkpoint is, and one step more, which is then lost.
  const { checkpointEvery, trainSteps } = options;
  const saved = checkpointEvery * Math.floor(trainSteps / 2 / checkpointEvery);
  const killedAfter = saved + 1;
  const places = ["--store", store, "--runs", join(folder, "runs")];
  const first = started([...trainFlags(server.url, options), ...places]);
  await saidBy(first, new RegExp(`^step +${killedAfter}/`, "m"));
  first.kill("SIGKILL");
  await first.status;
  await server.kill();
  await server.restart();
  const second = started(["--resume", "1", "--store", store]);
  const said = await saidBy(second, /^Going on after train step (\d+)$/m);
  const rest = await restOf(second);
  const { success } = await second.status;
  if (!success) throw new Error(`Cannot resume the run:\n${rest}`);
  using runs = openStore(store);
  const metrics = runs.trainSteps(1).map(({ metrics }) => metrics);
  return {
    killedAfter,
    resumedAfter: Number(said[1]),
    loss: metrics.map((step) => step["loss/loss"]),
    outcome: metrics.map((step) => step["reward/outcome"]),
  };
}

/** Flags of `finestep train` that make the run of a trial on a server. */
function trainFlags(url: string, options: TrialOptions): string[] {
  const { model, data, algorithm, trainSteps, groupsPerStep, groupSize } = options;
  const { learningRate, seed, maxTurnTokens, rank, checkpointEvery } = options;
  const flags = {
    ...{ engine: "tinker", server: url, model, data, algorithm },
    ...{ "train-steps": trainSteps, "groups-per-step": groupsPerStep, "group-size": groupSize },
    ...{ "learning-rate": learningRate, seed, "max-turn-tokens": maxTurnTokens },
    ...{ "lora-rank": rank, "max-gradient-norm": 0, "weight-decay": ADAM.weightDecay },
    ...{ beta1: ADAM.beta1, beta2: ADAM.beta2, "checkpoint-every": checkpointEvery },
    "eval-limit": 8,
  };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function started(flags: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "train", ...flags],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Reads standard error up to a line; the process goes on. */
async function saidBy(child: Deno.ChildProcess, line: RegExp): Promise<RegExpExecArray> {
  let text = "";
  for await (const part of child.stderr.values({ preventCancel: true })) {
    text += new TextDecoder().decode(part);
    const match = line.exec(text);
    if (match) return match;
  }
  throw new Error(`Cannot go on as the run must say ${line}:\n${text}`);
}

async function restOf(child: Deno.ChildProcess): Promise<string> {
  let text = "";
  for await (const part of child.stderr) text += new TextDecoder().decode(part);
  return text;
}
