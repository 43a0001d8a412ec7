/**
 * `finestep runs`: the runs in the store, or one of them.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { file } from "../config/option.ts";
import { differences } from "../evaluation/summary.ts";
import { runsTable, runText } from "../reports/runs_table.ts";
import {
  DEFAULT_STORE_PATH,
  isStopped,
  openStore,
  type Run,
  type RunStore,
} from "../store/run_store.ts";
import { parseFlags, UsageError } from "./args.ts";
import { nextCommand } from "./setup.ts";
import { outputStyle } from "./terminal.ts";

export const TABLES = {
  options: { store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours") },
};

export const HELP = {
  usage: "finestep runs [id]",
  summary: "Lists the runs in the store, or shows one with its measures",
};

/** Name and version of `--json`; the version goes up with a change that breaks readers. */
const RUN_FORMAT = "finestep.run/1";

/**
 * Prints the runs.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of this command.
 * @throws {RangeError} If there is no run of that id.
 */
export function run(argv: readonly string[]): number {
  const { values, positionals, json } = parseFlags(argv, TABLES);
  const id = wantedId(positionals);
  const path = values.options.store;
  // Opening would make the file.
  if (!existsSync(path)) throw new Error(`Cannot list runs as there is no store: ${path}`);
  using store = openStore(path);
  console.log(id === null ? listed(store, json) : shown(store, id, json));
  return 0;
}

function wantedId(positionals: readonly string[]): number | null {
  if (positionals.length === 0) return null;
  if (positionals.length === 1 && /^\d+$/.test(positionals[0])) return Number(positionals[0]);
  throw new UsageError(
    `Cannot show a run as its id must be one number: current value is ${positionals.join(" ")}`,
  );
}

function listed(store: RunStore, json: boolean): string {
  const records = store.runs().map((run) => ({ run, metrics: store.metrics(run.id) }));
  if (json) return JSON.stringify(records.map(versioned), null, 2);
  if (records.length === 0) return `No run is stored yet: ${store.file.path}`;
  const newest = records.findLast(({ run }) => isStopped(run.status))?.run;
  return [runsTable(records, outputStyle()), ...resumeLines(store, newest)].join("\n");
}

function shown(store: RunStore, id: number, json: boolean): string {
  const record = { run: store.run(id), metrics: store.metrics(id) };
  if (!json) {
    const text = runText(record, outputStyle(), differenceOf(store, record.run));
    return [text, ...resumeLines(store, record.run)].join("\n");
  }
  return JSON.stringify(versioned({ ...record, trainSteps: store.trainSteps(id) }), null, 2);
}

/** What a training changed, as it said at its end; of a run before m002 there are no verdicts. */
function differenceOf(store: RunStore, { id, seed }: Run) {
  const [before, after] = (["before", "after"] as const).map((phase) => store.verdicts(id, phase));
  if (before.length === 0 || after.length === 0) return undefined;
  return differences(before, after, { seed });
}

/** How to go on with a run that was stopped. */
function resumeLines({ file: { path } }: RunStore, run?: Run): string[] {
  if (!run || !isStopped(run.status)) return [];
  const { id, kind, status } = run;
  return [
    `Run ${id} ${status === "failed" ? "failed" : "was interrupted"}; go on with: ${
      nextCommand(path, kind, "--resume", `${id}`)
    }`,
  ];
}

function versioned<T>(record: T) {
  return { schema: RUN_FORMAT, ...record };
}
