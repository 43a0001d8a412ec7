/**
 * A command of this program that the store remembers: run once, gone on with where it was stopped, and
 * not run again once it has finished.
 *
 * @module
 */

import { programArguments } from "../sandbox/own_process.ts";
import type { Run, RunStore } from "../store/run_store.ts";

/** Thrown when the program is asked to stop; what was done is stored. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** `finestep train` or `finestep eval`; the same flags at the same commit are the same command. */
export class StoredCommand {
  readonly #command: "train" | "eval";
  readonly #argv: readonly string[];
  readonly #commit: string | null;

  /**
   * @param argv With `--store` and a file, the one that is looked into.
   * @param commit The source's: what another one has done may have other numbers.
   */
  constructor(command: "train" | "eval", argv: readonly string[], commit: string | null) {
    this.#command = command;
    this.#argv = argv;
    this.#commit = commit;
  }

  /**
   * The id of the finished run, after running what is left of it in a process of its own.
   *
   * @throws {Stopped} If the signal is aborted before it has finished.
   * @throws {Error} If the command fails, with what it said last.
   */
  async finished(store: RunStore, signal: AbortSignal): Promise<number> {
    const known = this.#runIn(store);
    if (known?.status === "finished") return known.id;
    if (signal.aborted) throw new Stopped();
    await this.#run(known, signal);
    const done = this.#runIn(store);
    if (done) return done.id;
    throw new Error(
      `Cannot go on with the experiment as its source must stay as it was: it is no more that of ${this.#commit}`,
    );
  }

  /**
   * The id of the finished run.
   *
   * @throws {RangeError} If there is none.
   */
  stored(store: RunStore): number {
    const known = this.#runIn(store);
    if (known?.status === "finished") return known.id;
    throw new RangeError(
      `Cannot show what commit ${this.#commit} has done as all of it must be stored: there is no ` +
        `finished run of finestep ${this.#command} ${this.#argv.join(" ")}`,
    );
  }

  #runIn(store: RunStore): Run | undefined {
    const flags = JSON.stringify(this.#argv);
    return store.runs().find(({ kind, options, commit }) =>
      kind === this.#command && commit === this.#commit && JSON.stringify(options.argv) === flags
    );
  }

  async #run(known: Run | undefined, signal: AbortSignal): Promise<void> {
    const store = this.#argv[this.#argv.indexOf("--store") + 1];
    const flags = known ? ["--resume", String(known.id), "--store", store] : this.#argv;
    const child = new Deno.Command(Deno.execPath(), {
      args: programArguments([this.#command, ...flags]),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      // Ctrl-C would reach it a second time, and so end it at once.
      detached: true,
    }).spawn();
    const stop = () => child.kill("SIGINT");
    signal.addEventListener("abort", stop);
    const { success, stderr } = await child.output();
    signal.removeEventListener("abort", stop);
    if (signal.aborted) throw new Stopped();
    if (success) return;
    const said = new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1);
    throw new Error(
      `Cannot go on with the experiment as a command of it failed: ` +
        `finestep ${this.#command} ${flags.join(" ")}: ${said}`,
    );
  }
}
