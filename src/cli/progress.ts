/**
 * How far a long command is: one line that is rewritten on a terminal, a line now and then in a log.
 *
 * @module
 */

import { duration } from "../reports/duration.ts";

/** Where progress is written, and how. */
export interface ProgressSettings {
  /** A word for the work, for instance `eval`. */
  readonly label: string;
  /** How many items there are. */
  readonly total: number;
  /** How many of them were done before, 0 when not given; they do not count for the rate. */
  readonly done?: number;
  /** Whether lines can be rewritten. */
  readonly isTerminal?: boolean;
  /** Milliseconds from any start. */
  readonly now?: () => number;
  readonly write?: (text: string) => void;
}

/** Milliseconds between two lines; a terminal is redrawn as fast as an eye follows. */
const LINE_INTERVAL_MS = { terminal: 100, log: 15_000 };

const ERASE_LINE = "\r\x1b[K";

/** Work goes on where nobody reads how far it is, for instance after `2>&1 | head`. */
function writeError(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Counts items and says how fast they come and when the last one will. */
export class Progress implements Disposable {
  readonly #settings: Required<ProgressSettings>;
  readonly #started: number;
  #lastLine: number;
  #done: number;

  constructor(settings: ProgressSettings) {
    this.#settings = {
      isTerminal: Deno.stderr.isTerminal(),
      now: () => performance.now(),
      write: writeError,
      done: 0,
      ...settings,
    };
    this.#done = this.#settings.done;
    this.#started = this.#lastLine = this.#settings.now();
  }

  /** Counts `count` more items as done; `note` says how it goes, for instance `EX 61.2`. */
  advance(count = 1, note = ""): void {
    this.#done += count;
    const { isTerminal, now, total, write } = this.#settings;
    const interval = isTerminal ? LINE_INTERVAL_MS.terminal : LINE_INTERVAL_MS.log;
    const time = now();
    if (this.#done < total && time - this.#lastLine < interval) return;
    this.#lastLine = time;
    const line = this.#line((time - this.#started) / 1000, note);
    write(isTerminal ? ERASE_LINE + line : line + "\n");
  }

  /** Clears the line for what is printed next. */
  [Symbol.dispose](): void {
    if (this.#settings.isTerminal && this.#done > 0) this.#settings.write(ERASE_LINE);
  }

  #line(seconds: number, note: string): string {
    const { label, total, done } = this.#settings;
    const rate = (this.#done - done) / Math.max(seconds, 1e-3);
    const parts = [
      `${label} ${this.#done}/${total}`,
      `${rate < 100 ? rate.toPrecision(2) : Math.round(rate)}/s`,
    ];
    if (this.#done < total) parts.push(`${duration((total - this.#done) / rate)} left`);
    else parts.push(`in ${duration(seconds)}`);
    if (note) parts.push(note);
    return parts.join("  ");
  }
}
