/**
 * The compiled form: `deno compile` joins the program and its packages to Deno's runtime base.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { DENO_VERSION } from "../../src/cli/program.ts";
import { BOUNDED } from "../../src/sandbox/own_process.ts";
import { ENTRY, type ProgramFile } from "./program_files.ts";
import { checkExecutable, type Target } from "./targets.ts";

/** Modules that no import names, as threads begin there. */
const THREADS = ["src/sandbox/query_thread.ts"];

/** Files that are read when the program runs. */
const ASSETS = ["fixtures", "results", "build.json", "LICENSE"];

/** What is compiled for. */
export interface CompileOptions {
  readonly target: Target;
  /** Deno's runtime base; null for the one that Deno loads, once. */
  readonly base: string | null;
}

/**
 * Compiles.
 *
 * `--self-extracting` puts the files into a folder at the first start, as SQLite opens databases and the
 * system loads ONNX Runtime's libraries from files alone.
 *
 * @throws {Error} If the runtime base cannot be had, or `deno compile` fails.
 * @throws {TypeError} If the base given is not for the target.
 */
export async function compile(
  output: string,
  files: readonly ProgramFile[],
  { target, base }: CompileOptions,
): Promise<void> {
  if (base !== null) await checkExecutable(base, target);
  const stage = await Deno.makeTempDir({ prefix: "finestep" });
  try {
    await laidOut(stage, files);
    await shareBases(join(stage, "deno_dir"));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["compile", "--no-check", ...BOUNDED, "--self-extracting"],
        // Threads have permissions of their own (src/sandbox/confined_worker.ts).
        "--unstable-worker-options",
        ...[...THREADS, ...ASSETS].flatMap((path) => ["--include", path]),
        ...["--app-name", "finestep", "--target", target.triple, "--output", resolve(output)],
        ENTRY,
      ],
      cwd: join(stage, "app"),
      env: {
        DENO_DIR: join(stage, "deno_dir"),
        NO_COLOR: "1",
        ...base !== null && { DENORT_BIN: resolve(base) },
      },
    }).output();
    if (!success) throw new Error(refusal(new TextDecoder().decode(stderr), target));
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

/**
 * What to say where `deno compile` fails.
 *
 * @param said What it wrote.
 */
export function refusal(said: string, { triple }: Target): string {
  if (!/dl\.deno\.land|base binary/.test(said)) {
    return `Cannot compile as deno compile must succeed: ${said.trimEnd()}`;
  }
  return `Cannot compile for ${triple} as Deno's runtime base must be at hand: dl.deno.land, from where ` +
    `Deno loads it, cannot be reached. Set DENORT_BIN to the denort of Deno ${DENO_VERSION} for ` +
    `${triple}, or make the portable file: deno task compile --portable`;
}

async function laidOut(folder: string, files: readonly ProgramFile[]): Promise<void> {
  for (const { path, source } of files) {
    const place = join(folder, path);
    await Deno.mkdir(dirname(place), { recursive: true });
    if (typeof source !== "string") await Deno.writeFile(place, source);
    // A second name costs nothing; another disk needs a copy.
    else await Deno.link(source, place).catch(() => Deno.copyFile(source, place));
  }
}

/** So that a base is loaded once, as by any other `deno compile`. */
async function shareBases(cache: string): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.mkdir(join(denoDir, "dl"), { recursive: true });
  await Deno.symlink(join(denoDir, "dl"), join(cache, "dl"), { type: "junction" });
}
