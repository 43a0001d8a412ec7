/**
 * A machine with nothing but what the portable file needs: the tools named here, an empty home, an empty
 * environment and, where the system can give one, a network that leads nowhere.
 *
 * @module
 */

import { join } from "node:path";

/** What a portable file starts, beside what it brings along; all of them are on a bare Linux and macOS. */
export const TOOLS = [
  ...["sh", "uname", "id", "ls", "mkdir", "mktemp", "chmod", "rm", "find", "wc", "tail", "gzip"],
  ...["tar", "sha256sum", "shasum"],
];

/** How a program ended, what it said, and how long it took. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Where and how a program is started. */
export interface StartOptions {
  /** The working folder; {@linkcode BareMachine.work} unless told. */
  readonly cwd?: string;
  /** All of the environment, beside the path to the tools. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it leads a group of processes, which can be killed as one. */
  readonly detached?: boolean;
}

/** Folders that are removed at the end. */
export class BareMachine implements AsyncDisposable {
  readonly path: string;
  /** Whether programs run without a network. */
  readonly isOffline: boolean;

  private constructor(path: string, isOffline: boolean) {
    this.path = path;
    this.isOffline = isOffline;
  }

  /** @param tools Programs on the path; those that this system lacks are left out. */
  static async open(tools: readonly string[] = TOOLS): Promise<BareMachine> {
    // A space, as users' folders have them.
    const path = join(await Deno.makeTempDir({ prefix: "finestep" }), "bare machine");
    const machine = new BareMachine(path, await canUnshare());
    for (const folder of ["bin", "home", "work"]) {
      await Deno.mkdir(join(path, folder), { recursive: true });
    }
    for (const tool of tools) {
      const found = await which(tool);
      if (found) await Deno.symlink(found, join(path, "bin", tool));
    }
    return machine;
  }

  get home(): string {
    return join(this.path, "home");
  }

  get work(): string {
    return join(this.path, "work");
  }

  /** The command that starts a program here. */
  command(
    program: string,
    args: readonly string[],
    { cwd = this.work, env = { HOME: this.home }, detached = false }: StartOptions = {},
  ): Deno.Command {
    // A user's own namespace needs no rights; in it, no network is set up.
    const [executable, ...all] = this.isOffline
      ? ["/usr/bin/unshare", "--map-root-user", "--net", program, ...args]
      : [program, ...args];
    return new Deno.Command(executable, {
      args: all,
      cwd,
      env: { ...env, PATH: join(this.path, "bin") },
      clearEnv: true,
      detached,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs a program to its end. */
  async run(program: string, args: readonly string[], options?: StartOptions): Promise<Outcome> {
    const began = performance.now();
    const { code, stdout, stderr } = await this.command(program, args, options).output();
    const milliseconds = performance.now() - began;
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr), milliseconds };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(join(this.path, ".."), { recursive: true });
  }
}

async function canUnshare(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["--map-root-user", "--net", "true"];
    return (await new Deno.Command("/usr/bin/unshare", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

async function which(tool: string): Promise<string | null> {
  for (const folder of ["/bin", "/usr/bin", "/sbin", "/usr/sbin"]) {
    try {
      return await Deno.realPath(join(folder, tool));
    } catch {
      // It may be in the next.
    }
  }
  return null;
}
