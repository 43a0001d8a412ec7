/**
 * `finestep completions`: a script that lets a shell complete commands, flags, values and paths.
 *
 * @module
 */

import { parseFlags, UsageError } from "./args.ts";
import { COMMANDS } from "./commands.ts";
import { bashScript } from "./completions_bash.ts";
import { fishScript } from "./completions_fish.ts";
import { type CompletedCommand, completedCommand, firstWords } from "./completions_grammar.ts";
import { powershellScript } from "./completions_powershell.ts";
import { zshScript } from "./completions_zsh.ts";

/** Writes the script of each shell. */
const SHELLS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};

export const TABLES = {};

export const HELP = {
  usage: `finestep completions <${Object.keys(SHELLS).join("|")}>`,
  summary: "Prints a script that lets a shell complete commands, flags, values and paths\n" +
    "(docs/install.md says where to put it)",
};

/**
 * Prints the script.
 *
 * @returns The exit code.
 * @throws {UsageError} If no shell, or one that is not known, is named.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { positionals } = parseFlags(argv, TABLES);
  const [shell] = positionals;
  if (positionals.length !== 1 || !Object.hasOwn(SHELLS, shell)) {
    throw new UsageError(
      `Cannot print completions as the shell must be one of ${Object.keys(SHELLS).join(", ")}: ` +
        `current value is ${positionals.join(" ") || "none"}`,
    );
  }
  console.log(SHELLS[shell](await completedCommands()).trimEnd());
  return 0;
}

/** All commands, with the flags that their modules declare, and first words that are no command alone. */
async function completedCommands(): Promise<CompletedCommand[]> {
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, entry]) =>
      completedCommand(name, entry, (await entry.load()).TABLES)
    ),
  );
  return [...commands, ...firstWords(commands)];
}
