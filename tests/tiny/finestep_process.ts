/**
 * A command as a process that is stopped at chosen moments.
 *
 * @module
 */

import assert from "finestep/assert";
import { type Outcome, startFinestep, type Workplace } from "./workplace.ts";

/** A command under way; one of its methods ends it. */
export class FinestepProcess {
  readonly #child: Deno.ChildProcess;
  readonly #workplace: Workplace;
  readonly #stdout: Promise<string>;
  #stderr = "";
  readonly #stderrEnded: Promise<void>;
  #awaited: { readonly line: RegExp; readonly seen: () => void } | null = null;

  constructor(workplace: Workplace, ...args: readonly string[]) {
    this.#workplace = workplace;
    this.#child = startFinestep(...args);
    this.#stdout = new Response(this.#child.stdout).text();
    this.#stderrEnded = this.#read();
  }

  /** How it ended by itself. */
  async ended(): Promise<Outcome> {
    const [{ code }, stdout] = await Promise.all([
      this.#child.status,
      this.#stdout,
      this.#stderrEnded,
    ]);
    return { code, stdout, stderr: this.#stderr };
  }

  /** Kills it as soon as a line is on stderr; gives all of stderr. */
  async killedAfterLine(line: RegExp): Promise<string> {
    await this.#line(line);
    return await this.killed();
  }

  /** Kills it as soon as a file of that name comes up in the workplace. */
  async killedAtFile(name: RegExp): Promise<string> {
    await this.written((paths) => paths.some((path) => name.test(path)));
    return await this.killed();
  }

  /** Waits until something in the workplace was written, and it is enough. */
  async written(isEnough: (paths: readonly string[]) => boolean): Promise<void> {
    using watcher = Deno.watchFs(this.#workplace.path);
    for await (const { paths } of watcher) {
      if (isEnough(paths)) return;
    }
  }

  /** Interrupts it, as Ctrl-C does, after a line. */
  async interruptedAfterLine(line: RegExp): Promise<Outcome> {
    await this.#line(line);
    return await this.interrupted();
  }

  /** Interrupts it as Ctrl-C does. */
  async interrupted(): Promise<Outcome> {
    // As a terminal does: to every process of the group.
    const args = ["-INT", "--", `-${this.#child.pid}`];
    assert.ok((await new Deno.Command("kill", { args }).output()).success);
    return await this.ended();
  }

  /** Kills it; gives all of stderr. */
  async killed(): Promise<string> {
    this.#child.kill("SIGKILL");
    const { signal } = await this.#child.status;
    await this.ended();
    assert.equal(signal, "SIGKILL", `it ended before it was killed: ${this.#stderr}`);
    return this.#stderr;
  }

  async #line(line: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = { line, seen: resolve };
    this.#look();
    await Promise.race([promise, this.#stderrEnded]);
    assert.match(this.#stderr, new RegExp(line, "m"));
  }

  #look(): void {
    if (this.#awaited && new RegExp(this.#awaited.line, "m").test(this.#stderr)) {
      this.#awaited.seen();
    }
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr += text;
      this.#look();
    }
  }
}
