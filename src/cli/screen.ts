/**
 * The whole terminal for a while: frames are drawn over each other, keys are read, and whatever happens
 * the terminal is given back as it was.
 *
 * @module
 */

// Deno's own stdin cannot stop waiting for a key, and so keeps the program from ending.
import { stdin } from "node:process";
import type { FrameSize } from "../reports/watch_frame.ts";
import { terminalSize } from "./terminal.ts";

// xterm's control sequences: the alternate screen keeps what the terminal showed before; there is no
// cursor, and a line that is too long is cut, so that it moves no other.
const OPEN = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const CLOSE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/**
 * What is written for a frame: over the one before, in one piece, so that nothing flickers.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { frameText } from "./screen.ts";
 *
 * assert.equal(frameText(["a", "b"]), "\x1b[H\x1b[Ka\r\n\x1b[Kb\x1b[J");
 * ```
 */
export function frameText(lines: readonly string[]): string {
  // Cleared before it is written: after a full line the cursor stands on its last character.
  return HOME + lines.map((line) => CLEAR_LINE + line).join("\r\n") + CLEAR_BELOW;
}

/** The terminal, taken over; given back at the end of its `using` block. */
export class Screen implements Disposable {
  readonly #onData: (bytes: Uint8Array) => void;

  /** @param onKeys Is told what is typed; never, where nothing can be. */
  constructor(onKeys: (text: string) => void) {
    this.#onData = (bytes) => onKeys(new TextDecoder().decode(bytes));
    if (stdin.isTTY) {
      // Keys come at once and are not shown; Ctrl-C is a key.
      stdin.setRawMode(true);
      stdin.on("data", this.#onData);
    }
    write(OPEN);
  }

  /** As large as it is now. */
  get size(): FrameSize {
    return terminalSize();
  }

  draw(lines: readonly string[]): void {
    write(frameText(lines));
  }

  [Symbol.dispose](): void {
    write(CLOSE);
    if (!stdin.isTTY) return;
    stdin.off("data", this.#onData);
    stdin.setRawMode(false);
    stdin.pause();
  }
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}
