/**
 * Flags made from declared options: `learningRate` is `--learning-rate`, with its type, choices and
 * range checked and its help printed from the same declaration.
 *
 * @module
 */

import { type Grammar, readCommandLine, type WrittenFlag } from "finestep/args";
import { checkValue, type Option, type Options, type Values } from "../config/option.ts";
import { nearest } from "./nearest.ts";

/** A command used wrongly; the program prints the message alone and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Options under the heading that the help prints them under. */
export type OptionTables = Readonly<Record<string, Options>>;

/** What a command line says. */
export interface Flags<T extends OptionTables> {
  /** A value for every option, by table. */
  readonly values: { readonly [K in keyof T]: Values<T[K]> };
  /** Names of the options that the command line sets. */
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  /** Whether the result is wanted as JSON (`--json`). */
  readonly json: boolean;
  /** Whether only help is wanted (`--help`, `-h`). */
  readonly help: boolean;
}

/** What the help says first. */
export interface CommandHelp {
  /** For instance `finestep runs [id]`; `[flags]` come last where it does not say where. */
  readonly usage: string;
  readonly summary: string;
}

/** Columns of a help page, and how many of them flags take at most. */
const LINE_WIDTH = 100;
const MAX_FLAG_WIDTH = 30;

// deno-lint-ignore no-explicit-any
type AnyOption = Option<any>;

/** Switches of every command, beside its options; `letter` is a short form. */
export const COMMON_FLAGS: readonly {
  readonly flag: "--json" | "--help";
  readonly help: string;
  readonly letter?: string;
}[] = [
  { flag: "--json", help: "print the result as JSON" },
  { flag: "--help", help: "print this help", letter: "-h" },
];

/**
 * Reads a command line.
 *
 * @example A number, a switch turned off, and a positional
 * ```ts
 * import assert from "node:assert/strict";
 * import { option } from "../config/option.ts";
 * import { parseFlags } from "./args.ts";
 *
 * const training = {
 *   learningRate: option(1e-6, "step size", "ours"),
 *   shuffle: option(true, "random order", "ours"),
 * };
 * const flags = parseFlags(["--learning-rate", "0.1", "--no-shuffle", "x"], { training });
 * assert.deepEqual(flags.values.training, { learningRate: 0.1, shuffle: false });
 * assert.deepEqual(flags.positionals, ["x"]);
 * ```
 *
 * @throws {UsageError} If a flag is unknown, has no value, or has one that its option refuses.
 */
export function parseFlags<T extends OptionTables>(argv: readonly string[], tables: T): Flags<T> {
  const options = joined(tables);
  const { flags, positionals } = readCommandLine(argv, grammarOf(options));
  const values = new Map<string, unknown>();
  const common = { json: false, help: false };
  for (const flag of flags) {
    if (flag.name === "--json") common.json = parsedSwitch(flag);
    else if (flag.name === "--help") common.help = parsedSwitch(flag);
    else values.set(...valueOf(flag, options));
  }
  return {
    values: filled(tables, values),
    given: new Set(values.keys()),
    positionals,
    ...common,
  };
}

/** The options of one table that the command line sets; what others are is the command's to say. */
export function given<T extends OptionTables, K extends keyof T>(
  { values, given }: Pick<Flags<T>, "values" | "given">,
  table: K,
): Partial<Values<T[K]>> {
  const entries = Object.entries(values[table]).filter(([name]) => given.has(name));
  return Object.fromEntries(entries) as Partial<Values<T[K]>>;
}

/** @throws {UsageError} If a command that takes flags alone was given something else. */
export function requireFlagsOnly(
  { positionals }: { readonly positionals: readonly string[] },
): void {
  if (positionals.length === 0) return;
  throw new UsageError(`Unknown argument "${positionals[0]}": see "--help"`);
}

/** The help of a command: its flags by table, each with its values, default and origin. */
export function helpText({ usage, summary }: CommandHelp, tables: OptionTables): string {
  const sections = Object.entries(tables).map(([heading, options]) => ({
    heading,
    rows: Object.entries(options).map(flagHelp),
  }));
  sections.push({
    heading: "common",
    rows: COMMON_FLAGS.map(({ flag, help, letter }) =>
      [letter ? `${letter}, ${flag}` : flag, help] as const
    ),
  });
  const longest = Math.max(...sections.flatMap(({ rows }) => rows.map(([flag]) => flag.length)));
  const width = Math.min(longest, MAX_FLAG_WIDTH);
  const lines = sections.flatMap(({ heading, rows }) => [
    "",
    `${heading}:`,
    ...rows.flatMap((row) => helpLines(row, width)),
  ]);
  const line = usage.includes("[flags]") ? usage : `${usage} [flags]`;
  return [summary, "", `Usage: ${line}`, ...lines].join("\n");
}

/** The flag's column and the wrapped column of its help; a long flag has a line of its own. */
function helpLines([flag, help]: readonly [string, string], width: number): string[] {
  const column = " ".repeat(width + 4);
  const [first, ...rest] = wrapped(help, LINE_WIDTH - column.length);
  const head = flag.length <= width
    ? [`  ${flag.padEnd(width)}  ${first}`]
    : [`  ${flag}`, column + first];
  return [...head, ...rest.map((line) => column + line)];
}

/** Words in lines of at most `width` characters, but for longer words. */
function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

/** `learningRate` as `--learning-rate`. */
export function flagName(name: string): string {
  return "--" + name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Tables as one, by option name. */
function joined(tables: OptionTables): Map<string, AnyOption> {
  const options = new Map<string, AnyOption>();
  for (const [name, option] of Object.values(tables).flatMap(Object.entries)) {
    if (options.has(name)) {
      throw new TypeError(`Cannot make flags as two options have one name: ${name}`);
    }
    options.set(name, option);
  }
  return options;
}

function grammarOf(options: ReadonlyMap<string, AnyOption>): Grammar {
  const isSwitch = (name: string) => typeof options.get(name)!.default === "boolean";
  const names = [...options.keys()];
  return {
    texts: names.filter((name) => !isSwitch(name)).map(flagName),
    switches: [...names.filter(isSwitch).map(flagName), ...COMMON_FLAGS.map(({ flag }) => flag)],
    letters: Object.fromEntries(
      COMMON_FLAGS.flatMap(({ flag, letter }) => letter ? [[letter, flag]] : []),
    ),
  };
}

/** The option's name and the value that a flag gives it, checked. */
function valueOf(flag: WrittenFlag, options: ReadonlyMap<string, AnyOption>): [string, unknown] {
  for (const [name, option] of options) {
    if (flag.name === flagName(name)) return [name, parsed(flag, option)];
  }
  throw new UsageError(`Unknown flag "${flag.name}"${suggestion(flag.name, [...options.keys()])}`);
}

function parsed(flag: WrittenFlag, option: AnyOption): unknown {
  if (typeof option.default === "boolean") return parsedSwitch(flag);
  const { name, value } = flag;
  if (value === undefined) {
    throw new UsageError(`Cannot set "${name}" as it has no value: expected ${kindOf(option)}`);
  }
  const result = typeof option.default === "number" ? parsedNumber(name, value) : value;
  try {
    checkValue(name, option, result);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  return result;
}

function parsedSwitch({ name, value }: WrittenFlag): boolean {
  if (value === "true" || value === "false") return value === "true";
  throw new UsageError(
    `Cannot set "${name}" as it must be true or false: current value is ${value}`,
  );
}

function parsedNumber(flag: string, value: string): number {
  const result = value.trim() === "" ? NaN : Number(value);
  if (Number.isFinite(result)) return result;
  throw new UsageError(`Cannot set "${flag}" as it must be a number: current value is ${value}`);
}

function filled<T extends OptionTables>(
  tables: T,
  values: ReadonlyMap<string, unknown>,
): Flags<T>["values"] {
  const entries = Object.entries(tables).map(([table, options]) => {
    const pairs = Object.entries(options)
      .map(([name, option]) => [name, values.has(name) ? values.get(name) : option.default]);
    return [table, Object.fromEntries(pairs)];
  });
  return Object.fromEntries(entries);
}

/** The two columns of a flag's help. */
function flagHelp([name, option]: [string, AnyOption]): readonly [string, string] {
  return [flagUsage(name, option), `${option.help} (${defaultOf(option)})`];
}

function flagUsage(name: string, option: AnyOption): string {
  const isSwitch = typeof option.default === "boolean";
  if (isSwitch) return option.default ? flagName(name).replace("--", "--no-") : flagName(name);
  return `${flagName(name)} <${kindOf(option)}>`;
}

function kindOf(option: AnyOption): string {
  if (option.choices) return option.choices.join("|");
  if (typeof option.default === "string") return option.path ?? "text";
  if (!option.range) return option.isInteger ? "integer" : "number";
  const [low, high] = option.range;
  return high === Infinity ? `${low} or more` : `${low}..${high}`;
}

function defaultOf(option: AnyOption): string {
  return `default ${option.default === "" ? "none" : option.default}, ${option.origin}`;
}

/** `: did you mean "--x"` when a flag is close enough to be meant. */
function suggestion(flag: string, names: readonly string[]): string {
  const common = COMMON_FLAGS.map(({ flag }) => flag);
  const meant = nearest(flag, [...names.map(flagName), ...common]);
  return meant ? `: did you mean "${meant}"` : ': see "--help"';
}
