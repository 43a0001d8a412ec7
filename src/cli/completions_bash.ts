/**
 * Completions for bash, 4 or later.
 *
 * @module
 */

import type { Completed, CompletedCommand } from "./completions_grammar.ts";

/** The script: tables of what can stand where, and a function that looks into them. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const values = commands.flatMap(({ name, argument, flags }) => [
    [`${name} argument`, told(argument)] as const,
    ...flags.map(({ flag, value }) => [`${name} ${flag}`, told(value)] as const),
  ]);
  return `# Completions of finestep for bash, made by: finestep completions bash

_finestep_value() {
  case "$1" in
${cases(values.filter(([, value]) => value !== ""))}
  esac
}

_finestep_flags() {
  case "$1" in
${cases(commands.map(({ name, flags }) => [name, flags.map(({ flag }) => flag).join(" ")]))}
  esac
}

_finestep() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  # --flag=value comes in three words.
  if [[ $current == "=" ]]; then current=""
  elif [[ $flag == "=" ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "${firstWords(names)} --help --version" -- "$current"))
    return
  fi
  case "$command \${COMP_WORDS[2]}" in
    ${twoWords(names).map((name) => `"${name}"`).join("|")})
      if (( COMP_CWORD > 2 )); then command="$command \${COMP_WORDS[2]}"; fi ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_finestep_flags "$command")" -- "$current"))
    return
  fi
  local value
  if [[ $flag == --* ]]; then value=$(_finestep_value "$command $flag"); fi
  if [[ -z $value ]]; then value=$(_finestep_value "$command argument"); fi
  case "$value" in
    @file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    @folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    @text) ;;
    *) COMPREPLY=($(compgen -W "$value" -- "$current")) ;;
  esac
}

complete -F _finestep finestep
`;
}

/** What stands for a value in the tables; empty where nothing does. */
function told(value: Completed): string {
  if (value.kind === "words") return value.words.join(" ");
  return value.kind === "nothing" ? "" : `@${value.kind}`;
}

/** Branches, one for each result. */
function cases(entries: readonly (readonly [name: string, result: string])[]): string {
  return Array.from(
    Map.groupBy(entries, ([, result]) => result),
    ([result, names]) => `    ${names.map(([name]) => `"${name}"`).join("|")}) echo "${result}" ;;`,
  ).join("\n");
}

function firstWords(names: readonly string[]): string {
  return [...new Set(names.map((name) => name.split(" ")[0]))].join(" ");
}

function twoWords(names: readonly string[]): string[] {
  return names.filter((name) => name.includes(" "));
}
