/**
 * A temporary folder with the tiny model and the tiny data set, and the command line run in it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeTinyBird } from "./bird.ts";
import { writeTinyModel } from "./model.ts";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a command ended, and what it said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `data`, `model`, `runs` and `runs.sqlite` in a folder that is removed at the end. */
export class Workplace implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<Workplace> {
    const workplace = new Workplace(await Deno.makeTempDir({ prefix: "finestep" }));
    await writeTinyBird(workplace.file("data"));
    await writeTinyModel(workplace.file("model"));
    return workplace;
  }

  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Where runs are stored. */
  get store(): string {
    return this.file("runs.sqlite");
  }

  /** Flags of a short training run: two groups of four episodes a step. */
  trainFlags(...more: string[]): string[] {
    return [
      ...["--data", this.file("data"), "--model", this.file("model"), "--store", this.store],
      ...["--runs", this.file("runs"), "--groups-per-step", "2", "--group-size", "4"],
      ...["--max-turns", "3", "--learning-rate", "0.01", "--threads", "1", ...more],
    ];
  }

  /** Changes a JSON file. */
  async edit<T>(name: string, change: (content: T) => unknown): Promise<void> {
    const content = JSON.parse(await Deno.readTextFile(this.file(name)));
    await Deno.writeTextFile(this.file(name), JSON.stringify(change(content)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Runs `main.ts` to its end. */
export function finestep(...args: string[]): Promise<Outcome> {
  return outcomeOf(command(args));
}

/** Runs `main.ts` to its end without a permission of Deno. */
export function finestepWithout(permission: "run", ...args: string[]): Promise<Outcome> {
  return outcomeOf(command([...args], {}, [`--deny-${permission}`]));
}

async function outcomeOf(command: Deno.Command): Promise<Outcome> {
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Starts `main.ts`, as the leader of a process group of its own. */
export function startFinestep(...args: string[]): Deno.ChildProcess {
  return command(args, { detached: true }).spawn();
}

function command(
  args: readonly string[],
  options: Deno.CommandOptions = {},
  permissions: readonly string[] = [],
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", ...permissions, "main.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  });
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}
