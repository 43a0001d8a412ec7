/**
 * What `readCommandLine()` of finestep/args does in either profile.
 *
 * @module
 */

import { readCommandLine, type WrittenFlag } from "finestep/args";
import assert from "finestep/assert";

const GRAMMAR = {
  texts: ["--data", "--train-steps"],
  switches: ["--shuffle", "--help"],
  letters: { "-h": "--help" },
};

for (
  const [what, argv, flags, positionals] of [
    ["nothing", [], [], []],
    ["a value after its flag", ["--data", "a"], ["--data a"], []],
    ["a value joined to its flag", ["--data=a"], ["--data a"], []],
    ["a value with =", ["--data=a=b"], ["--data a=b"], []],
    [
      "values of several lines",
      ["--data", "a\nb", "--data=c\nd"],
      ["--data a\nb", "--data c\nd"],
      [],
    ],
    ["an empty value, in both forms", ["--data", "", "--data="], ["--data ", "--data "], []],
    ["a value with one dash", ["--data", "-1", "--data", "-x"], ["--data -1", "--data -x"], []],
    ["no value at the end", ["--data"], ["--data undefined"], []],
    ["no value before --", ["--data", "--"], ["--data undefined"], []],
    ["a number as text", ["--train-steps", "007"], ["--train-steps 007"], []],
    ["all values of a repeated flag", ["--data=a", "--data", "b"], ["--data a", "--data b"], []],
    [
      "a switch on and off",
      ["--shuffle", "--no-shuffle"],
      ["--shuffle true", "--shuffle false"],
      [],
    ],
    ["a switch with a value", ["--shuffle=false"], ["--shuffle false"], []],
    ["what a switch cannot be", ["--shuffle=maybe"], ["--shuffle maybe"], []],
    ["no value after a switch", ["--shuffle", "a"], ["--shuffle true"], ["a"]],
    ["no word after a switch as its value", ["--shuffle", "false"], ["--shuffle true"], ["false"]],
    ["a letter by its long name", ["-h", "a"], ["--help true"], ["a"]],
    ["positionals among flags", ["a", "--data", "b", "c"], ["--data b"], ["a", "c"]],
    ["positionals as they are written", ["007", "1e3", "", "-"], [], ["007", "1e3", "", "-"]],
    ["what follows --", ["a", "--", "--data", "-h", "7"], [], ["a", "--data", "-h", "7"]],
    ["an unknown flag", ["--dta"], ["--dta undefined"], []],
    ["an unknown flag with a value", ["--dta=1"], ["--dta 1"], []],
    ["an unknown letter", ["-x"], ["-x undefined"], []],
    ["a word with one dash as one flag", ["-data"], ["-data undefined"], []],
    ["a word that begins as a letter does", ["-hx"], ["-hx undefined"], []],
    ["a text that is denied", ["--no-data"], ["--no-data undefined"], []],
    ["a denied switch with a value", ["--no-shuffle=true"], ["--no-shuffle true"], []],
    ["a name of Object", ["--constructor=1", "--__proto__=1"], [
      "--constructor 1",
      "--__proto__ 1",
    ], []],
  ] as const
) {
  Deno.test(`readCommandLine() reads ${what}`, () => {
    const line = readCommandLine(argv, GRAMMAR);
    assert.deepEqual(line.flags.map(shown), [...flags]);
    assert.deepEqual(line.positionals, [...positionals]);
  });
}

Deno.test("readCommandLine() keeps flags in their order, unknown ones among them", () => {
  const { flags } = readCommandLine(["--shuffle", "--dta=1", "--data=2", "-h"], GRAMMAR);
  assert.deepEqual(flags.map(({ name }) => name), ["--shuffle", "--dta", "--data", "--help"]);
});

Deno.test("readCommandLine() leaves a flag that has no value to the one that follows it", () => {
  const { flags } = readCommandLine(["--data", "--train-steps", "3"], GRAMMAR);
  assert.deepEqual(flags[0], { name: "--data", value: undefined });
});

function shown({ name, value }: WrittenFlag): string {
  return `${name} ${value}`;
}
