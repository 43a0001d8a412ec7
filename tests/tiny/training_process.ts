/**
 * `finestep train` as a process that is stopped at chosen moments.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Outcome, startFinestep, type Workplace } from "./workplace.ts";

/** A training run under way; one of its methods ends it. */
export class TrainingProcess {
  readonly #child: Deno.ChildProcess;
  readonly #runs: string;
  readonly #stdout: Promise<string>;
  #stderr = "";
  readonly #stderrEnded: Promise<void>;
  #awaited: { readonly line: RegExp; readonly seen: () => void } | null = null;

  constructor(workplace: Workplace, flags: readonly string[]) {
    this.#runs = workplace.file("runs");
    Deno.mkdirSync(this.#runs, { recursive: true });
    this.#child = startFinestep("train", ...flags);
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
    return await this.#killed();
  }

  /** Kills it as soon as a file of that name comes up among its checkpoints. */
  async killedAtFile(name: RegExp): Promise<string> {
    using watcher = Deno.watchFs(this.#runs);
    const ended = this.#child.status.then(() => watcher.close());
    for await (const { paths } of watcher) {
      if (paths.some((path) => name.test(path))) break;
    }
    const stderr = await this.#killed();
    await ended;
    return stderr;
  }

  /** Interrupts it as Ctrl-C does. */
  async interruptedAfterLine(line: RegExp): Promise<Outcome> {
    await this.#line(line);
    // As a terminal does: to every process of the group.
    const args = ["-INT", "--", `-${this.#child.pid}`];
    assert.ok((await new Deno.Command("kill", { args }).output()).success);
    return await this.ended();
  }

  async #killed(): Promise<string> {
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
