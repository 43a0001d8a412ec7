/**
 * Writes docs/cli.md from what the commands themselves print as their help, and docs/schemas/ from the
 * form of the exports.
 *
 * Run with `deno run -A tasks/docs.ts`; tests fail where a page or a schema is not current.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { helpText } from "../src/cli/args.ts";
import { type CommandEntry, COMMANDS } from "../src/cli/commands.ts";
import { leaderboardSchemas } from "../src/leaderboard/schema.ts";
import { auditSchemas } from "../src/reports/audit_schema.ts";
import { jsonSchemas } from "../src/reports/export/schema.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const PAGE = join(ROOT, "docs", "cli.md");
const OPENING = `# Command line

\`deno run -A main.ts <command>\`, here written \`finestep <command>\`. This page is written by
\`tasks/docs.ts\` from the commands' own help, which is made from the declared options.

A flag is an option's name with dashes: \`learningRate\` is \`--learning-rate\`, and
\`--learning-rate 1e-5\` or \`--learning-rate=1e-5\` sets it. Under \`credit\` and \`rewards\` the
defaults shown are those of \`finestep.default\`; another algorithm's preset changes some of them
([method.md](method.md)), and a flag changes any. Origin says who chose the default, in the words of
[method.md](method.md).

Exit codes: 0; 1 for a failure, or gold SQL that is broken (\`finestep data check\`); 2 for a command
line that cannot be read; 130 after Ctrl-C, which ends \`finestep train\` after the step under way, with
a checkpoint. \`finestep leaderboard check\` also ends with 1 for a regression and 2 where it is
inconclusive ([gate.md](gate.md)). Results go to standard output, progress and warnings to standard error.
`;

/**
 * The text of docs/cli.md, formatted as `deno fmt` wants it.
 *
 * @throws {Error} If a command's help or the formatter fails.
 */
export async function cliPage(): Promise<string> {
  const helps = await Promise.all(Object.values(COMMANDS).map(helpOf));
  return await formatted([OPENING, ...helps.map(commandSection)].join("\n"), "md");
}

/** A command's help as Markdown: its usage, and a table for each heading. */
function commandSection(help: string): string {
  const [summary, usage, ...tables] = help.trimEnd().split("\n\n");
  const [, command] = /^Usage: (finestep .*)$/.exec(usage)!;
  return [`## ${command}\n`, `${summary}\n`, ...tables.map(tableSection)].join("\n");
}

function tableSection(table: string): string {
  const [heading, ...flags] = unwrapped(table).split("\n");
  const lines = flags.map((flag) => tableLine(flagCells(flag)));
  const head = ["flag", "values", "default", "what it does", "origin"];
  return [`${heading}\n`, tableLine(head), tableLine(head.map(() => "---")), ...lines, ""]
    .join("\n");
}

/** Each flag in one line, where the help has wrapped it or given a long flag a line of its own. */
function unwrapped(table: string): string {
  return table.replaceAll(/^( {2}-\S+(?: <.*>)?)\n {3,}/gm, "$1  ").replaceAll(/\n {3,}/g, " ");
}

/** Reads `  --flag <values>   what it does (default x, origin)`. */
function flagCells(line: string): string[] {
  const [, flag, values = "", rest] = /^ {2}(-.*?)(?: <(.*?)>)? {2,}(.*)$/.exec(line)!;
  const [, what, standard = "", origin = ""] = /^(.*?)(?: \(default (\S+), (\w+)\))?$/.exec(rest)!;
  const code = (text: string) => text && `\`${text}\``;
  return [code(flag), values, code(standard), what, origin];
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** What the command prints as its help. */
async function helpOf({ load }: CommandEntry): Promise<string> {
  const { HELP, TABLES } = await load();
  return helpText(HELP, TABLES);
}

/** The text as `deno fmt` wants it. */
export function formatted(text: string, extension: "md" | "json"): Promise<string> {
  return outputOf(["fmt", "--ext", extension, "-"], text);
}

async function outputOf(args: string[], input = ""): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  await new Blob([input]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(
    `Cannot write documents as deno ${args.join(" ")} must succeed: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, await cliPage());
  const schemas = { ...jsonSchemas(), ...auditSchemas(), ...leaderboardSchemas() };
  for (const [name, schema] of Object.entries(schemas)) {
    const path = join(ROOT, "docs", "schemas", name);
    await Deno.writeTextFile(path, await formatted(JSON.stringify(schema), "json"));
  }
}
