/**
 * What can stand where on the command line, taken from the declared options: what completions of every
 * shell are made of.
 *
 * @module
 */

import type { Option } from "../config/option.ts";
import { COMMON_FLAGS, flagName, type OptionTables } from "./args.ts";
import type { CommandEntry } from "./commands.ts";

/** What follows a flag, or stands as an argument. */
export type Completed =
  | { readonly kind: "nothing" | "text" | "file" | "folder" }
  | { readonly kind: "words"; readonly words: readonly string[] };

/** A flag with its dashes. */
export interface CompletedFlag {
  readonly flag: string;
  readonly help: string;
  readonly value: Completed;
}

/** A command, of one word or two. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly argument: Completed;
  readonly flags: readonly CompletedFlag[];
}

const COMMON: readonly CompletedFlag[] = COMMON_FLAGS.map(({ flag, help }) => ({
  ...{ flag, help },
  value: { kind: "nothing" },
}));

/**
 * A command as completions have it.
 *
 * @example A switch that is on is completed by what turns it off
 * ```ts
 * import assert from "node:assert/strict";
 * import { folder, option } from "../config/option.ts";
 * import { completedCommand } from "./completions_grammar.ts";
 *
 * const tables = { options: { data: folder("", "data set", "ours"), shuffle: option(true, "", "ours") } };
 * const { flags } = completedCommand("train", { summary: "" }, tables);
 * assert.deepEqual(flags[0], { flag: "--data", help: "data set", value: { kind: "folder" } });
 * assert.equal(flags[1].flag, "--no-shuffle");
 * ```
 */
export function completedCommand(
  name: string,
  { summary, takes = [] }: Pick<CommandEntry, "summary" | "takes">,
  tables: OptionTables,
): CompletedCommand {
  const flags = Object.values(tables).flatMap((options) => Object.entries(options).map(flagOf));
  return { name, summary, argument: argumentOf(takes), flags: [...flags, ...COMMON] };
}

/**
 * Words that begin names of two words and are no command themselves, each as a command that takes the
 * second words.
 */
export function firstWords(commands: readonly CompletedCommand[]): CompletedCommand[] {
  const names = commands.map(({ name }) => name);
  const pairs = commands.filter(({ name }) => name.includes(" "));
  return Array.from(
    Map.groupBy(pairs, ({ name }) => name.split(" ")[0]),
    ([first, group]) => ({
      name: first,
      summary: group.map(({ summary }) => summary).join("; "),
      argument: { kind: "words", words: group.map(({ name }) => name.split(" ")[1]) } as const,
      flags: [],
    }),
  ).filter(({ name }) => !names.includes(name));
}

function argumentOf(takes: NonNullable<CommandEntry["takes"]>): Completed {
  if (takes === "file") return { kind: "file" };
  return takes.length > 0 ? { kind: "words", words: takes } : { kind: "nothing" };
}

function flagOf([name, option]: [string, Option<unknown>]): CompletedFlag {
  const { default: standard, help, choices, path } = option;
  if (typeof standard === "boolean") {
    const flag = standard ? flagName(name).replace("--", "--no-") : flagName(name);
    return { flag, help, value: { kind: "nothing" } };
  }
  const value: Completed = choices
    ? { kind: "words", words: choices.map(String) }
    : { kind: path ?? "text" };
  return { flag: flagName(name), help, value };
}
