/**
 * Splits a command line into flags and the rest. `finestep/args` is one of two implementations, by the
 * import map: `parseArgs` of node:util or that of @std/cli. What the flags mean is the commands' part.
 *
 * @module
 */

/** The flags that there are, with their dashes. */
export interface Grammar {
  /** `--name value` or `--name=value`; the value may begin with one dash, as -1 does, not with two. */
  readonly texts: readonly string[];
  /** `--name`, `--no-name` or `--name=value`. */
  readonly switches: readonly string[];
  /** Letters for switches, for instance `{ "-h": "--help" }`. */
  readonly letters?: Readonly<Record<string, string>>;
}

/** A flag as the line has it. */
export interface WrittenFlag {
  /** With its dashes; the long name of a letter; one that there is not as it is written. */
  readonly name: string;
  /** Undefined for a text that is given none; `true` and `false` for a switch that is only named. */
  readonly value: string | undefined;
}

/** A command line. */
export interface CommandLine {
  /** In their order. What follows an unknown flag may have been taken for its value. */
  readonly flags: readonly WrittenFlag[];
  /** What is no flag, and all that follows `--`. */
  readonly positionals: readonly string[];
}

/**
 * Splits a command line.
 *
 * @example A text, a switch turned off, and a positional
 * ```ts
 * import assert from "node:assert/strict";
 * import { readCommandLine } from "./node/args.ts";
 *
 * const grammar = { texts: ["--data"], switches: ["--shuffle"] };
 * assert.deepEqual(readCommandLine(["--data", "bird", "--no-shuffle", "7"], grammar), {
 *   flags: [{ name: "--data", value: "bird" }, { name: "--shuffle", value: "false" }],
 *   positionals: ["7"],
 * });
 * ```
 */
export type ReadCommandLine = (argv: readonly string[], grammar: Grammar) => CommandLine;
