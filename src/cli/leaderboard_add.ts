/**
 * `finestep leaderboard add`: stored evaluations of one system become a row.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Examined, rowOf } from "../leaderboard/row.ts";
import type { Row } from "../leaderboard/schema.ts";
import { partialText } from "../reports/exported_run.ts";
import { openStore, type Run, type RunStore } from "../store/run_store.ts";
import { UsageError } from "./args.ts";
import { storedSystem } from "./stored_system.ts";

/** How runs are taken over. */
export interface AddOptions {
  readonly store: string;
  /** Name of the row; empty for the system's own. */
  readonly name: string;
  /** Whether the commit may be unknown, or not what was run. */
  readonly allowDirty: boolean;
}

/**
 * The row of some runs of the store.
 *
 * @param ids Their ids, as they were given.
 * @throws {UsageError} If an id is no number, or there is none.
 * @throws {RangeError} If a run is not there, is no finished evaluation, is of a commit that does not tell
 * the source, or is of another system or exam than the others.
 */
export function rowOfRuns(ids: readonly string[], options: AddOptions): Row {
  if (ids.length === 0 || !ids.every((id) => /^\d+$/.test(id))) {
    throw new UsageError(
      `Cannot add to the leaderboard as ids of runs must be given: current value is ${
        ids.join(" ") || "none"
      }`,
    );
  }
  // Opening would make the file.
  if (!existsSync(options.store)) {
    throw new Error(`Cannot add to the leaderboard as there is no store: ${options.store}`);
  }
  using store = openStore(options.store);
  return rowOf(
    ids.map((id) => examined(store, store.run(Number(id)), options)),
    options.name || undefined,
  );
}

function examined(store: RunStore, run: Run, { allowDirty }: AddOptions): Examined {
  const refused = (rule: string, found: string) =>
    new RangeError(`Cannot add run ${run.id} to the leaderboard as ${rule}: ${found}`);
  if (!run.identity) {
    throw refused("it must be an evaluation", `it is of finestep ${run.kind}`);
  }
  const { policy } = run.identity;
  if (policy.kind === "endpoint") {
    throw refused(
      "the weights that answered must be known",
      `it asked ${policy.endpoint?.baseUrl}`,
    );
  }
  const verdicts = store.verdicts(run.id, "eval");
  const metrics = store.metrics(run.id).filter(({ phase }) => phase === "eval");
  const partial = partialText({ run, phase: "eval", verdicts, metrics });
  if (run.status !== "finished" || partial) {
    throw refused("it must have finished", partial ?? `it is ${run.status}`);
  }
  const { system, training } = storedSystem(store, run.identity);
  for (const { id, commit } of [run, ...training ? [training] : []]) {
    if (allowDirty || (commit !== null && !commit.endsWith("+"))) continue;
    throw refused(
      "its commit must tell the source, or --allow-dirty be given",
      `run ${id} is of ${commit ?? "no commit"}`,
    );
  }
  const { data } = run.options.run as { data: string };
  return {
    ...{ verdicts, metrics, system, identity: run.identity },
    runId: run.id,
    training: training && { command: training.command, commit: training.commit },
    dataSet: basename(resolve(data)),
    command: run.command,
    commit: run.commit,
    finished: run.finished!,
  };
}
