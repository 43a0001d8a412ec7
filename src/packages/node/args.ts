/**
 * `finestep/args` of the default profile: `parseArgs` of node:util, which Deno has built in.
 *
 * @module
 */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import type { Grammar, ReadCommandLine, WrittenFlag } from "../args.ts";

export type * from "../args.ts";

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];
type OptionToken = Extract<Token, { kind: "option" }>;

/** Splits a command line by node:util. */
export const readCommandLine: ReadCommandLine = (argv, grammar) => {
  const options: ParseArgsOptionsConfig = {};
  for (const name of grammar.texts) options[name.slice(2)] = { type: "string" };
  for (const name of grammar.switches) options[name.slice(2)] = { type: "boolean" };
  // Not strict: node's own messages know neither ranges nor the nearest flag.
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  return {
    // Of -limit, node makes five flags, one after the other.
    flags: tokens.filter((token) => token.kind === "option")
      .filter((token, i, all) => token.index !== all[i - 1]?.index)
      .map((token) => flagOf(token, argv[token.index], grammar)),
    positionals: tokens.filter((token) => token.kind === "positional").map(({ value }) => value),
  };
};

function flagOf(
  { rawName, value, inlineValue }: OptionToken,
  written: string,
  { texts, switches, letters = {} }: Grammar,
): WrittenFlag {
  const name = rawName.startsWith("--") ? rawName : letters[written] ?? written.split("=", 1)[0];
  const negated = name.replace(/^--no-/, "--");
  if (switches.includes(name)) return { name, value: value ?? "true" };
  if (value === undefined && switches.includes(negated)) return { name: negated, value: "false" };
  const isFlag = texts.includes(name) && !inlineValue && value?.startsWith("--");
  return { name, value: isFlag ? undefined : value };
}
