/**
 * The commands of the program: what each does in a line, and the module that does it, which is loaded
 * when the command is asked for.
 *
 * @module
 */

import { type CommandHelp, helpText, type OptionTables, parseFlags, UsageError } from "./args.ts";
import { nearest } from "./nearest.ts";

/** What the module of a command exports. */
export interface CommandModule {
  /** Not called where help is asked for. @returns The exit code. */
  readonly run: (argv: readonly string[]) => number | Promise<number>;
  readonly HELP: CommandHelp;
  readonly TABLES: OptionTables;
}

/** A command as the program's own help and completions know it. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
  /** What its arguments are, beside flags: words to choose from, or files. */
  readonly takes?: readonly string[] | "file";
  /** Whether it may use the network, which all others give up before they begin. */
  readonly network?: true;
}

/** By name, in the order of the help; a name of two words goes before the command it begins with. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  train: {
    summary: "train a policy, and compare it with what it was before",
    load: () => import("./train.ts"),
    network: true,
  },
  eval: {
    summary: "score predictions, a model or a served model on a benchmark",
    load: () => import("./eval.ts"),
    network: true,
    takes: "file",
  },
  bench: {
    summary: "train algorithms over seeds with one budget, and decide which is better",
    load: () => import("./bench.ts"),
    network: true,
  },
  credit: {
    summary: "audit the tool calls of any SQL agent: redundancy, rewards, advantages",
    load: () => import("./credit.ts"),
    takes: "file",
  },
  "data check": {
    summary: "check a data set: is it complete, is its gold SQL sound",
    load: () => import("./data.ts"),
  },
  runs: {
    summary: "list stored runs, or show one",
    load: () => import("./runs.ts"),
  },
  export: {
    summary: "write a stored evaluation as JSON, CSV, Markdown and more",
    load: () => import("./export.ts"),
  },
  report: {
    summary: "write one HTML page on stored runs",
    load: () => import("./report.ts"),
  },
  leaderboard: {
    summary: "show the leaderboard, add to it, export its rows",
    load: () => import("./leaderboard.ts"),
    takes: ["add", "export", "check"],
  },
  "leaderboard check": {
    summary: "compare this tree with a baseline: PASS, REGRESSION or INCONCLUSIVE",
    load: () => import("./leaderboard_check.ts"),
  },
  "engine probe": {
    summary: "find out what a Tinker server does, and whether it can be trained on",
    load: () => import("./engine_probe.ts"),
    network: true,
  },
  watch: {
    summary: "watch a run as it goes on",
    load: () => import("./watch.ts"),
  },
  serve: {
    summary: "serve the environment to trainers elsewhere: OpenEnv, MCP, ORS, verl-tool",
    load: () => import("./serve.ts"),
    network: true,
  },
  doctor: {
    summary: "try what the commands need on this machine",
    load: () => import("./doctor.ts"),
    network: true,
  },
  completions: {
    summary: "print completions of commands, flags and values for a shell",
    load: () => import("./completions.ts"),
    takes: ["bash", "zsh", "fish", "powershell"],
  },
};

/** The command that a command line names, and what follows its name; null where it names none. */
export function namedCommand(
  argv: readonly string[],
): { readonly entry: CommandEntry; readonly rest: readonly string[] } | null {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(" ");
    if (argv.length >= words && Object.hasOwn(COMMANDS, name)) {
      return { entry: COMMANDS[name], rest: argv.slice(words) };
    }
  }
  return null;
}

/**
 * Runs a command, or prints its help where that is asked for.
 *
 * @returns The exit code.
 * @throws {UsageError} If the command line is not one of the command.
 */
export async function runCommand(
  { run, HELP, TABLES }: CommandModule,
  argv: readonly string[],
): Promise<number> {
  if (!parseFlags(argv, TABLES).help) return await run(argv);
  console.log(helpText(HELP, TABLES));
  return 0;
}

/** The refusal of a command line that names no command, with the one that may have been meant. */
export function unknownCommand(argv: readonly string[]): UsageError {
  const [first] = argv;
  const names = Object.keys(COMMANDS);
  const meant = names.find((name) => name.startsWith(`${first} `)) ?? nearest(first, names);
  const advice = meant ? `did you mean "${meant}"` : 'see "finestep --help"';
  return new UsageError(`Unknown command "${first}": ${advice}`);
}

/**
 * What `finestep --help` prints: a line for each command.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { programHelp } from "./commands.ts";
 *
 * assert.match(programHelp(), /^ {2}runs +list stored runs/m);
 * ```
 */
export function programHelp(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) =>
    `  ${name.padEnd(width)}  ${summary}`
  );
  return [
    "Trains and evaluates policies that answer questions with SQL by calling tools",
    "",
    "Usage: finestep <command> [flags]",
    "",
    ...rows,
    "",
    "finestep <command> --help prints a command's flags, finestep --version what this is.",
  ].join("\n");
}
