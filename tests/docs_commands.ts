/**
 * The commands that the documents show in blocks, with what they are shown to print.
 *
 * @module
 */

import { parseFlags, UsageError } from "../src/cli/args.ts";
import { COMMANDS } from "../src/cli/commands.ts";

/** A command of a block of a document. */
export interface BlockCommand {
  /** The document, by its path in the repository. */
  readonly path: string;
  /** The words after `finestep`, or after `deno task`. */
  readonly words: readonly string[];
  readonly program: "finestep" | "deno task";
  /** As it is written, in one line. */
  readonly line: string;
  /** What the block says that it prints; null where it says nothing. */
  readonly output: string | null;
}

const START = /^(?:npx -y deno@[\d.]+ task|deno task|(?:\.\/)?finestep) +(.*)$/;

/**
 * The commands of a document's blocks, in their order. After a `$ `, what follows up to the next one is
 * output; in other blocks each line that begins so is a command, and `#` begins a remark.
 */
export function blockCommands(path: string, text: string): BlockCommand[] {
  return [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].flatMap(([, block]) => {
    const joined = block.replace(/\\\n\s*/g, "");
    return /^\$ /m.test(joined) ? sessionCommands(path, joined) : joined.split("\n")
      .flatMap((line) => commandOf(path, line, null));
  });
}

function sessionCommands(path: string, block: string): BlockCommand[] {
  return block.split(/^\$ /m).slice(1).flatMap((part) => {
    const [line, ...output] = part.trimEnd().split("\n");
    return commandOf(path, line, output.join("\n"));
  });
}

function commandOf(path: string, line: string, output: string | null): BlockCommand[] {
  const start = START.exec(line.trim());
  if (!start) return [];
  const words = wordsOf(start[1]);
  const program = /^(\.\/)?finestep /.test(line.trim()) ? "finestep" : "deno task";
  return [{ path, words, program, line: line.trim(), output: output || null }];
}

/** Words as a shell has them, of the first command of a line: quotation marks hold words together. */
export function wordsOf(text: string): string[] {
  const words = text.match(/#.*|(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const end = words.findIndex((word) => /^(#.*|\||>{1,2}|&&|;)$/.test(word));
  return words.slice(0, end < 0 ? words.length : end).map((word) => word.replace(/["']/g, ""));
}

/** The words after `finestep` that a command comes to; null for a task that runs something else. */
export function finestepWords(
  { program, words }: BlockCommand,
  tasks: Readonly<Record<string, string>>,
): readonly string[] | null {
  if (program === "finestep") return words;
  const task = /main\.ts ?([\w ]*)$/.exec(tasks[words[0]] ?? "");
  return task && [...task[1].split(" ").filter((word) => word !== ""), ...words.slice(1)];
}

/** What is wrong with a command line by the declared options; null where it can be read. */
export async function commandProblem(words: readonly string[]): Promise<string | null> {
  if (words[0] === "help") return words.length > 1 ? await commandProblem(words.slice(1)) : null;
  const name = [words.slice(0, 2).join(" "), words[0]].find((n) => Object.hasOwn(COMMANDS, n));
  if (name === undefined) return `there is no command "${words[0]}"`;
  const rest = words.slice(name.split(" ").length);
  const end = rest.includes("--") ? rest.indexOf("--") : rest.length;
  const own = await flagProblem(name, rest.slice(0, end));
  // What follows a lone `--` is for the trainings of an experiment.
  return own ?? (end < rest.length ? await flagProblem("train", rest.slice(end + 1)) : null);
}

async function flagProblem(name: string, words: readonly string[]): Promise<string | null> {
  try {
    parseFlags(words, (await COMMANDS[name].load()).TABLES);
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/**
 * Whether a text is what a document shows, in which a line `...` stands for any lines, and `...` in a
 * line for anything in it.
 */
export function isShown(actual: string, shown: string): boolean {
  const pattern = shown.split("\n").map((line) =>
    line === "..." ? "(?:.*\n)*" : `${RegExp.escape(line).replaceAll("\\.\\.\\.", ".*")}\n`
  );
  return new RegExp(`^${pattern.join("")}$`).test(`${actual.trimEnd()}\n`);
}
