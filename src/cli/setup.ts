/**
 * What the commands that run a policy set up alike.
 *
 * @module
 */

import { choice, file, option } from "../config/option.ts";
import { DEFAULT_NOW } from "../sandbox/pinned_now.ts";
import { DEFAULT_STORE_PATH } from "../store/run_store.ts";

/** The policy that a fresh clone begins with. */
export const FIXTURE_POLICY = "fixtures/policy";

/** The data set that a fresh clone works on. */
export const FIXTURE_DATA = "fixtures/minibird";

/** Options of commands that run SQL on a data set. */
export const SQL_OPTIONS = {
  split: option("", "dev, train, test or mini_dev (none = the one there is, or dev)", "ours"),
  workers: option(2, "SQL statements run at a time", "ours", { range: [1, 256] }),
  now: option(DEFAULT_NOW, "where the clock of SQL stands, in UTC (system = it runs)", "ours"),
};

/** Options that `train` and `eval` share. */
export const SHARED_OPTIONS = {
  model: file(
    FIXTURE_POLICY,
    "the policy's model: a folder in Hugging Face's form, or a .gguf file",
    "ours",
  ),
  toolResults: choice(
    "template",
    ["template", "user"],
    "how the chat shows tool results: as the model's template has it, or as the user's messages",
    "ours",
  ),
  workers: SQL_OPTIONS.workers,
  store: file(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
};

/**
 * The command line as a reader would repeat it in a shell.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { commandLine } from "./setup.ts";
 *
 * assert.equal(commandLine("export", ["7", "--out", "it's"]), "finestep export 7 --out 'it'\\''s'");
 * ```
 */
export function commandLine(command: string, argv: readonly string[]): string {
  const quoted = argv.map((arg) =>
    /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`
  );
  return ["finestep", command, ...quoted].join(" ");
}

/** A command on a stored run that is offered to a reader; it names the store where it must. */
export function nextCommand(store: string, command: string, ...argv: readonly string[]): string {
  return commandLine(command, store === DEFAULT_STORE_PATH ? argv : [...argv, "--store", store]);
}
