/**
 * Who was examined by a stored evaluation: what trained the policy, found through the store, or the
 * folder or file that it was read from.
 *
 * @module
 */

import { basename, join, resolve } from "node:path";
import { readCommandLine } from "finestep/args";
import { makeAlgorithm } from "../algorithms/mod.ts";
import type { System } from "../leaderboard/row.ts";
import { rewardOptions } from "../rewards/options.ts";
import type { RunIdentity } from "../store/identity.ts";
import type { Run, RunStore } from "../store/run_store.ts";
import { FIXTURE_POLICY } from "./setup.ts";

/** A system, and the run that trained it; null where the store has none. */
export interface StoredSystem {
  readonly system: System;
  readonly training: Run | null;
}

/** The system behind an evaluation. */
export function storedSystem(store: RunStore, { policy }: RunIdentity): StoredSystem {
  if (policy.kind === "predictions") {
    const { predictionsSha256, match } = policy;
    return untrained("predictions", basename(policy.name).replace(/\.\w+$/, ""), {
      predictionsSha256,
      match,
    });
  }
  const training = trainingOf(store, policy.name);
  if (!training) {
    const name = isStart(store, policy.name) ? "untrained" : basename(policy.name);
    return untrained("model", name, { modelSha256: policy.modelSha256 });
  }
  return trainedSystem(store, training);
}

/** The system that a training makes. */
export function trainedSystem(store: RunStore, training: Run): StoredSystem {
  return {
    system: {
      name: trainedName(training),
      kind: "trained",
      algorithm: training.algorithm,
      settings: settingsOf(store, training),
    },
    training,
  };
}

function untrained(kind: System["kind"], name: string, settings: unknown): StoredSystem {
  return { system: { name, kind, algorithm: null, settings }, training: null };
}

/** The run that wrote the policy of a folder, `<runs>/<id>/policy`; null where it is no such folder. */
function trainingOf(store: RunStore, folder: string): Run | null {
  const id = Number(/(?:^|\/)(\d+)\/policy\/?$/.exec(folder)?.[1]);
  const run = store.runs().find((run) => run.id === id && run.kind === "train");
  return run && resolve(foldersOf(run).runs, `${id}`, "policy") === resolve(folder) ? run : null;
}

/** Whether a folder is that of the fixture, or another that trainings of the store begin with. */
function isStart(store: RunStore, folder: string): boolean {
  const starts = store.runs()
    .filter(({ kind }) => kind === "train")
    .map((run) => foldersOf(run).model);
  return [FIXTURE_POLICY, ...starts].some((start) => resolve(start) === resolve(folder));
}

/** Folders that a training was given; they are not among its options. */
function foldersOf({ options }: Run): { readonly model: string; readonly runs: string } {
  const argv = (options.argv ?? []) as string[];
  const { flags } = readCommandLine(argv, { texts: ["--model", "--runs"], switches: [] });
  const given = (name: string) => flags.findLast((flag) => flag.name === name)?.value;
  return {
    model: given("--model") ?? FIXTURE_POLICY,
    runs: given("--runs") ?? join("results", "runs"),
  };
}

/** All that a training's outcome depends on, but for the seed. */
function settingsOf(store: RunStore, run: Run): unknown {
  const { argv: _, training, ...options } = run.options;
  const { seed: __, checkpointEvery: ___, ...schedule } = training as Record<string, unknown>;
  const { model } = foldersOf(run);
  const before = trainingOf(store, model);
  return {
    algorithm: run.algorithm,
    data: run.dataSet,
    start: before ? settingsOf(store, before) : model,
    training: schedule,
    ...options,
  };
}

/** The algorithm with what is changed of it, for instance `finestep, gamma 1`. */
function trainedName({ algorithm, options }: Run): string {
  const name = algorithm!;
  const preset: Readonly<Record<string, unknown>> = {
    ...rewardOptions(name),
    ...makeAlgorithm(name).options,
  };
  const inForce = { ...options.rewards as object, ...options.credit as object };
  const changes = Object.entries(inForce)
    .filter(([option, value]) => Object.hasOwn(preset, option) && preset[option] !== value)
    .map(([option, value]) => `${option} ${value}`);
  return [name.replace(/\.default$/, ""), ...changes].join(", ");
}
