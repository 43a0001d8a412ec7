/**
 * Completions for fish, with what commands and flags do.
 *
 * @module
 */

import type { Completed, CompletedCommand } from "./completions_grammar.ts";

/** The script: a line for each command and for each of its flags. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const twoWords = commands.map(({ name }) => name).filter((name) => name.includes(" "));
  return `# Completions of finestep for fish, made by: finestep completions fish

# Whether the words before the cursor begin with this command, and no longer one.
function __finestep_is
    set -l words (commandline -opc)
    set -l command "$words[2]"
    if contains -- "$words[2] $words[3]" ${twoWords.map(quoted).join(" ")}
        set command "$words[2] $words[3]"
    end
    test "$command" = "$argv[1]"
end

complete -c finestep -f
${commands.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ name, summary, argument, flags }: CompletedCommand): string[] {
  const here = `complete -c finestep -n ${quoted(`__finestep_is ${quoted(name)}`)}`;
  return [
    ...name.includes(" ")
      ? []
      : [`complete -c finestep -n ${quoted("__finestep_is ''")} -a ${name} -d ${quoted(summary)}`],
    ...argument.kind === "words" ? [`${here} -a ${quoted(argument.words.join(" "))}`] : [],
    ...argument.kind === "file" ? [`${here} -F`] : [],
    ...flags.map(({ flag, help, value }) =>
      `${here} -l ${flag.slice(2)}${valueOf(value)} -d ${quoted(help)}`
    ),
  ];
}

/** How fish completes what follows a flag. */
function valueOf(value: Completed): string {
  if (value.kind === "words") return ` -x -a ${quoted(value.words.join(" "))}`;
  if (value.kind === "file") return " -r -F";
  if (value.kind === "folder") return " -x -a '(__fish_complete_directories)'";
  return value.kind === "text" ? " -x" : "";
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
