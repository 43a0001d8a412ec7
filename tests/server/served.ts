/**
 * `finestep serve` as a process.
 *
 * @module
 */

import { startFinestep } from "../tiny/workplace.ts";

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
  static async start(...args: readonly string[]): Promise<Served> {
    const child = startFinestep("serve", "--port", "0", "--json", ...args);
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
