/**
 * What the commands that run a policy set up alike.
 *
 * @module
 */

import { choice, option } from "../config/option.ts";
import manifest from "../../deno.json" with { type: "json" };
import { DEFAULT_NOW } from "../sandbox/pinned_now.ts";
import { DEFAULT_STORE_PATH } from "../store/run_store.ts";

/** Version of this program. */
export const VERSION = manifest.version;

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
  model: option(
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
  store: option(DEFAULT_STORE_PATH, "the SQLite file of runs", "ours"),
};

/** The commit that a run's numbers belong to, with `+` after it where files differ from it. */
export async function sourceCommit(): Promise<string | null> {
  const git = async (...args: string[]) => {
    const cwd = new URL("../..", import.meta.url);
    const { success, stdout } = await new Deno.Command("git", { args, cwd, stderr: "null" })
      .output();
    if (!success) throw new Error("not a git checkout");
    return new TextDecoder().decode(stdout).trim();
  };
  try {
    const commit = await git("rev-parse", "--short=12", "HEAD");
    return await git("status", "--porcelain", "--", "src", "tasks", "fixtures", "main.ts") === ""
      ? commit
      : `${commit}+`;
  } catch {
    return null;
  }
}

/** The command line as a reader would repeat it. */
export function commandLine(command: string, argv: readonly string[]): string {
  const quoted = argv.map((arg) => /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg}'`);
  return ["finestep", command, ...quoted].join(" ");
}
