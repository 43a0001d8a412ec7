/**
 * Served episodes, kept as lines of a file that `finestep credit` reads (src/trajectory/codec.ts).
 *
 * A line is written at once when its episode ends, before the client is told: what a client knows of is
 * kept, whatever becomes of this process. Not covered: a machine that loses its power.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { encodeEpisode } from "../trajectory/codec.ts";
import type { Episode } from "../trajectory/episode.ts";

/** What a line says beside its episode. */
export interface AboutEpisode {
  /** As the client names it, or a UUID. */
  readonly id: string;
  /** Attempts that are compared with each other: the client's group, or split and question. */
  readonly group: string;
  readonly split: string;
  /** Why it was closed before it ended; null where it ended. */
  readonly closed: string | null;
}

/** Where episodes are kept. */
export interface Keeper {
  /** Keeps an episode; never throws, as a session goes on whether it is kept or not. */
  keep(episode: Episode, about: AboutEpisode): void;
  readonly counts: { readonly kept: number; readonly lost: number };
}

/** What lines are written to. */
export type LineSink = Pick<Deno.FsFile, "writeSync" | "syncDataSync" | "close">;

const NEWLINE = 10;

/**
 * A file to whose end lines are added. A line that could not be written is counted as lost and told of;
 * the next one is tried all the same. A part of a line, which a full disk or a kill may leave, is ended
 * with a newline before the next line, so that it spoils no other: readers name it by its number.
 */
export class TrajectoryFile implements Keeper, Disposable {
  readonly #path: string;
  readonly #sink: LineSink;
  /** Whether the file ends inside of a line. */
  #isTorn: boolean;
  #isFailing = false;
  readonly #counts = { kept: 0, lost: 0 };

  /** @param isTorn Whether what is there ends inside of a line. */
  constructor(path: string, sink: LineSink, isTorn = false) {
    this.#path = path;
    this.#sink = sink;
    this.#isTorn = isTorn;
  }

  /**
   * Opens a file, which is made where there is none; lines that it has stay.
   *
   * @throws {Error} If it cannot be read and written.
   */
  static open(path: string): TrajectoryFile {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const file = Deno.openSync(path, { read: true, append: true, create: true });
      return new TrajectoryFile(path, file, endsInLine(file));
    } catch (error) {
      throw new Error(
        `Cannot keep trajectories in ${path} as it must be a file that can be read and written: ` +
          (error as Error).message,
        { cause: error },
      );
    }
  }

  get counts(): { readonly kept: number; readonly lost: number } {
    return { ...this.#counts };
  }

  keep(episode: Episode, about: AboutEpisode): void {
    try {
      // One write for a line, so that another process that adds to the file comes before it or after it.
      this.#write(`${this.#isTorn ? "\n" : ""}${encodeEpisode(episode, about)}\n`);
      this.#counts.kept++;
      if (this.#isFailing) console.error(`Trajectories are kept in ${this.#path} again`);
      this.#isFailing = false;
    } catch (error) {
      this.#counts.lost++;
      if (!this.#isFailing) console.error(`${this.#lostText()}: ${(error as Error).message}`);
      this.#isFailing = true;
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#sink.syncDataSync();
    } catch {
      // A device or a pipe.
    }
    this.#sink.close();
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    let written = 0;
    try {
      while (written < bytes.length) written += this.#sink.writeSync(bytes.subarray(written));
    } finally {
      if (written > 0) this.#isTorn = written < bytes.length;
    }
  }

  #lostText(): string {
    return `Cannot keep trajectory ${this.#counts.kept + this.#counts.lost} in ${this.#path}, ` +
      "and go on without it";
  }
}

function endsInLine(file: Deno.FsFile): boolean {
  const { size, isFile } = file.statSync();
  if (!isFile || size === 0) return false;
  const last = new Uint8Array(1);
  file.seekSync(-1, Deno.SeekMode.End);
  file.readSync(last);
  return last[0] !== NEWLINE;
}
