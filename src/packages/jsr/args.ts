/**
 * `finestep/args` of the JSR profile: `parseArgs` of @std/cli, which tells of each argument in order.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Grammar, ReadCommandLine, WrittenFlag } from "../args.ts";

export type * from "../args.ts";

/** Splits a command line by @std/cli. */
export const readCommandLine: ReadCommandLine = (argv, grammar) => {
  const flags: WrittenFlag[] = [];
  const positionals: string[] = [];
  const { _: rest } = parseArgs(joined(argv, grammar), {
    unknown(argument: string, key?: string, value?: unknown) {
      const name = argument.split("=", 1)[0];
      if (key === undefined) positionals.push(argument);
      // Of -limit, @std/cli tells five times.
      else if (name.startsWith("--") || flags.at(-1)?.name !== name) {
        flags.push({ name, value: textOf(value) });
      }
      return false;
    },
  });
  return { flags, positionals: [...positionals, ...rest.map(String)] };
};

/**
 * The line with each value joined to its flag. @std/cli takes -1 after a flag for another flag, and
 * `true` after a switch for its value, and does not tell `--name=` from `--name` of a text.
 */
function joined(argv: readonly string[], { texts, switches, letters = {} }: Grammar): string[] {
  const line: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === "--") return [...line, ...argv.slice(i)];
    const name = letters[argv[i]] ?? argv[i];
    const negated = name.replace(/^--no-/, "--");
    if (switches.includes(name)) line.push(`${name}=true`);
    else if (switches.includes(negated)) line.push(`${negated}=false`);
    else if (texts.includes(name) && argv[i + 1]?.startsWith("--") === false) {
      line.push(`${name}=${argv[++i]}`);
    } else line.push(argv[i]);
  }
  return line;
}

function textOf(value: unknown): string | undefined {
  return value === true ? undefined : String(value);
}
