/**
 * `finestep serve` as a process.
 *
 * @module
 */

import { ROOT, startFinestep } from "../tiny/workplace.ts";

const FLAGS = ["--port", "0", "--json"];

/** A server that listens on a free port of this machine; disposing of it ends it. */
export class Served implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;

  private constructor(child: Deno.ChildProcess, url: string, stderr: Promise<string>) {
    this.#child = child;
    this.#stderr = stderr;
    this.pid = child.pid;
    this.url = url;
  }

  /**
   * Starts a server.
   *
   * @param args Options beside the port.
   * @throws {Error} If it ends before it listens, with what it said.
   */
  static start(...args: readonly string[]): Promise<Served> {
    return Served.#of(startFinestep("serve", ...FLAGS, ...args));
  }

  /** Starts a server that may have so many files open, its connections among them. Not on Windows. */
  static startWithFiles(openFiles: number): Promise<Served> {
    const command = `ulimit -n ${openFiles} && exec "$0" run --quiet -A main.ts serve "$@"`;
    const child = new Deno.Command("sh", {
      args: ["-c", command, Deno.execPath(), ...FLAGS],
      ...{ cwd: ROOT, stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
    return Served.#of(child);
  }

  static async #of(child: Deno.ChildProcess): Promise<Served> {
    const stderr = new Response(child.stderr).text();
    let line = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      line += text;
      if (line.includes("\n")) return new Served(child, JSON.parse(line).url, stderr);
    }
    throw new Error(`finestep serve ended before it listened: ${await stderr}`);
  }

  /** Stops it as Ctrl-C does; gives its exit code and all that it said on stderr. */
  async stopped(): Promise<{ readonly code: number; readonly stderr: string }> {
    this.#child.kill("SIGTERM");
    const { code } = await this.#child.status;
    return { code, stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await Promise.all([this.#child.status, this.#stderr]);
  }
}
