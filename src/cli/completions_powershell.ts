/**
 * Completions for PowerShell, 5 or later, with what commands and flags do.
 *
 * @module
 */

import type { Completed, CompletedCommand } from "./completions_grammar.ts";

/** The script: a table of what can stand where, and a block that looks into it. */
export function powershellScript(commands: readonly CompletedCommand[]): string {
  return `# Completions of finestep for PowerShell, made by: finestep completions powershell

$FinestepCommands = @{
${commands.map(entryOf).join("\n")}
}

Register-ArgumentCompleter -Native -CommandName finestep -ScriptBlock {
  param($word, $line, $cursor)
  $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } |
    ForEach-Object { $_.ToString() } | Select-Object -Skip 1)
  if ($before.Count -eq 0) {
    $found = $FinestepCommands.Keys | Where-Object { $_ -notmatch ' ' } | Sort-Object |
      ForEach-Object { @{ text = $_; help = $FinestepCommands[$_].summary } }
  } else {
    $command = $FinestepCommands["$($before | Select-Object -First 2)"]
    if (-not $command) { $command = $FinestepCommands[$before[0]] }
    if (-not $command) { return }
    $values = $command.values[$before[-1]]
    if ($word -like '-*') {
      $found = $command.flags.Keys | Sort-Object |
        ForEach-Object { @{ text = $_; help = $command.flags[$_] } }
    } else {
      # Nothing for a path: PowerShell then completes files.
      if ($null -eq $values) { $values = $command.argument }
      $found = $values | ForEach-Object { @{ text = $_; help = $_ } }
    }
  }
  $found | Where-Object { $_.text -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.text, $_.text, 'ParameterValue', $_.help)
  }
}
`;
}

function entryOf({ name, summary, argument, flags }: CompletedCommand): string {
  const helps = flags.map(({ flag, help }) => `${quoted(flag)} = ${quoted(help)}`);
  const values = flags.flatMap(({ flag, value }) =>
    value.kind === "nothing" ? [] : [`${quoted(flag)} = ${wordsOf(value)}`]
  );
  return [
    `  ${quoted(name)} = @{`,
    `    summary = ${quoted(summary)}`,
    `    argument = ${wordsOf(argument)}`,
    `    flags = @{ ${helps.join("; ")} }`,
    `    values = @{ ${values.join("; ")} }`,
    "  }",
  ].join("\n");
}

function wordsOf(value: Completed): string {
  return `@(${value.kind === "words" ? value.words.map(quoted).join(", ") : ""})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
