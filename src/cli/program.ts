/**
 * Which finestep this is: its version, its commit, and how it runs.
 *
 * A build that is not run from a checkout has its own facts beside `deno.json`, in `build.json`; that
 * file is the one place where a build says what it was made of.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import manifest from "../../deno.json" with { type: "json" };

/** Version of this program. */
export const VERSION = manifest.version;

/** The Deno that it is tested with. */
export const DENO_VERSION = "2.9.6";

/** From a checkout, unpacked from one portable file, or compiled into one. */
export type Form = "source" | "portable" | "compiled";

/** What `build.json` holds. */
export interface Build {
  readonly form: Form;
  /** The commit that it was made from, with `+` where files differed; null where it is not known. */
  readonly commit: string | null;
}

/** The facts that were put into this build; null for a checkout. */
export const BUILD: Build | null = buildFacts(new URL("../../build.json", import.meta.url));

/** How this program runs. */
export const FORM: Form = BUILD?.form ?? (Deno.build.standalone ? "compiled" : "source");

/** The commit that a run's numbers belong to, with `+` after it where files differ from it. */
export async function sourceCommit(): Promise<string | null> {
  if (BUILD) return BUILD.commit;
  try {
    const commit = await git("rev-parse", "--short=12", "HEAD");
    return await git("status", "--porcelain", "--", "src", "tasks", "fixtures", "main.ts") === ""
      ? commit
      : `${commit}+`;
  } catch {
    return null;
  }
}

/** For `finestep --version`: `finestep 0.2.0 (1fdb9cd9e5b3, source), Deno 2.9.6 on x86_64-unknown-linux-gnu`. */
export async function versionText(): Promise<string> {
  const commit = await sourceCommit() ?? "commit unknown";
  const runtime = `Deno ${Deno.version.deno} on ${Deno.build.target}`;
  return `finestep ${VERSION} (${commit}, ${FORM}), ${runtime}`;
}

function buildFacts(url: URL): Build | null {
  try {
    return JSON.parse(readFileSync(url, "utf8"));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
}

async function git(...args: string[]): Promise<string> {
  const cwd = new URL("../..", import.meta.url);
  const { success, stdout } = await new Deno.Command("git", { args, cwd, stderr: "null" }).output();
  if (!success) throw new Error("not a git checkout");
  return new TextDecoder().decode(stdout).trim();
}
