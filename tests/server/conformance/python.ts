/**
 * Clients of others, in Python, that are driven against a server of ours. Each test of this folder needs a
 * Python with the client's package, which an environment variable names, and is skipped without one.
 * `deno task conformance` runs them all and keeps what they saw.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** A folder to write what each script printed into, one file each. */
const RECORDS = Deno.env.get("FINESTEP_CONFORMANCE_RECORDS") ?? "";

/** A Python with a package. */
export interface Python {
  /** Whether there is none. */
  readonly isMissing: boolean;
  /** Runs a script of this folder on a value; what it prints, as JSON. */
  // deno-lint-ignore no-explicit-any
  run(script: string, args: readonly string[], input?: unknown): Promise<any>;
  /** The path of a program beside it. */
  program(name: string): string;
}

/** The Python that a variable names. Says once when there is none. */
export function pythonOf(variable: string, what: string): Python {
  const path = Deno.env.get(variable) ?? "";
  const isMissing = path === "";
  if (isMissing) console.info(`skipped: ${what} (${variable} names no Python with it)`);
  return {
    isMissing,
    program: (name) => path.replace(/[^/]*$/, name),
    async run(script, args, input) {
      const file = fileURLToPath(new URL(script, import.meta.url));
      const text = await output(
        path,
        ["-W", "ignore", file, ...args],
        JSON.stringify(input ?? null),
      );
      // Packages say what they like before.
      const json = text.trimEnd().split("\n").at(-1)!;
      await keep(`${script}${args.length > 1 ? `-${args[0]}` : ""}.json`, json);
      return JSON.parse(json);
    },
  };
}

/** Runs a program; what it prints. Throws with its stderr if it fails. */
export async function output(
  program: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    env: { NO_COLOR: "1", PYTHONUNBUFFERED: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writing = new Blob([input]).stream().pipeTo(child.stdin);
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), writing]);
  if (code === 0) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Keeps a text as a file of the records, where those are kept. */
export async function keep(name: string, text: string): Promise<void> {
  if (RECORDS !== "") await Deno.writeTextFile(`${RECORDS}/${name}`, text);
}
