/**
 * How this program starts itself: Deno with a module of it or, where it was compiled into one file, that
 * file. The one place that knows.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/**
 * How Deno starts the program where its `deno.json` says what it may do, as that of a build does: with
 * that, and with nothing that is not there.
 */
export const BOUNDED = ["--permission-set", "--no-prompt", "--cached-only", "--no-remote"];

/** The first argument by which a compiled program is told to be a SQL worker (src/cli/compiled.ts). */
export const SQL_WORKER = "sql-worker";

/** What a SQL worker may do. */
export interface WorkerBounds {
  /** Files and folders that it may read. */
  readonly roots: readonly string[];
  /** Memory that the process may hold, in MiB. */
  readonly memoryMiB: number;
  /** How it ends above that. */
  readonly exitCode: number;
}

/**
 * The arguments after `Deno.execPath()` that run this program on a command line, with the permissions that
 * it has itself.
 *
 * @param argv What a user would write after `finestep`.
 */
export function programArguments(argv: readonly string[]): string[] {
  if (Deno.build.standalone) return [...argv];
  const config = pathOf("../../deno.json");
  const isBounded = "permissions" in JSON.parse(Deno.readTextFileSync(config));
  const granted = isBounded ? BOUNDED : ["--allow-all"];
  return ["run", "--quiet", ...granted, "--config", config, pathOf("../../main.ts"), ...argv];
}

/**
 * The arguments after `Deno.execPath()` that start a worker which may read below the roots and do nothing
 * else. Deno confines a process by flags; a compiled program has none, so there it confines itself
 * (confined_worker.ts).
 *
 * @throws {RangeError} If a root has a comma: Deno's flag has no way to write it.
 */
export function workerArguments({ roots, memoryMiB, exitCode }: WorkerBounds): string[] {
  const limits = [String(memoryMiB), String(exitCode)];
  if (Deno.build.standalone) return [SQL_WORKER, JSON.stringify(roots), ...limits];
  const readable = [...roots, import.meta.dirname!];
  const odd = readable.find((path) => path.includes(","));
  if (odd !== undefined) {
    throw new RangeError(`Cannot let a SQL worker read a path as it must not have a comma: ${odd}`);
  }
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--cached-only",
    `--v8-flags=--max-old-space-size=${memoryMiB}`,
    `--allow-read=${readable}`,
    pathOf("./worker.ts"),
    ...limits,
  ];
}

function pathOf(module: string): string {
  return fileURLToPath(new URL(module, import.meta.url));
}
