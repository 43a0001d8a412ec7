/**
 * Completions for zsh, with what commands and flags do.
 *
 * @module
 */

import type { Completed, CompletedCommand, CompletedFlag } from "./completions_grammar.ts";

/** The script: a function for `_arguments` for each command, and one that chooses among them. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const [twoWords, oneWord] = [true, false].map((isTwo) =>
    commands.filter(({ name }) => name.includes(" ") === isTwo)
  );
  return `#compdef finestep
# Completions of finestep for zsh, made by: finestep completions zsh

${commands.map(argumentsFunction).join("\n")}
_finestep() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${oneWord.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join("\n")}
    )
    _describe -t commands command commands
    return
  fi
  if (( CURRENT > 3 )); then
    case "$words[2] $words[3]" in
${twoWords.map(({ name }) => `      ${quoted(name)}) ${called(name, 2)}; return ;;`).join("\n")}
    esac
  fi
  case $words[2] in
${oneWord.map(({ name }) => `    ${name}) ${called(name, 1)} ;;`).join("\n")}
  esac
}

# Loaded from a folder of fpath this file is the function, else it defines it.
if [[ $funcstack[1] == _finestep ]]; then _finestep "$@"; else compdef _finestep finestep; fi
`;
}

function argumentsFunction({ name, argument, flags }: CompletedCommand): string {
  const specs = [...flags.map(flagSpec), ...argumentSpecs(argument)].map(quoted);
  return `${functionName(name)}() {\n  _arguments \\\n    ${specs.join(" \\\n    ")}\n}\n`;
}

function flagSpec({ flag, help, value }: CompletedFlag): string {
  const described = `[${help.replace(/[[\]\\:]/g, "\\$&")}]`;
  return value.kind === "nothing"
    ? `${flag}${described}`
    : `${flag}=${described}:${value.kind}:${action(value)}`;
}

function argumentSpecs(argument: Completed): string[] {
  if (argument.kind === "words") return [`1:argument:${action(argument)}`];
  return argument.kind === "nothing" ? [] : [`*:argument:${action(argument)}`];
}

function action(value: Completed): string {
  if (value.kind === "words") return `(${value.words.join(" ")})`;
  if (value.kind === "file") return "_files";
  // A lone space: something is wanted, of which nothing is known.
  return value.kind === "folder" ? "_files -/" : " ";
}

/** Calls a command's function with its name as one word. */
function called(name: string, words: number): string {
  return `shift ${words} words; (( CURRENT -= ${words} )); ${functionName(name)}`;
}

function functionName(name: string): string {
  return `_finestep_${name.replaceAll(" ", "_")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
