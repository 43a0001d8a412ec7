import assert from "finestep/assert";
import { parseFlags } from "../../src/cli/args.ts";
import { EVAL_TABLES } from "../../src/cli/eval_options.ts";
import { checkUsage } from "../../src/cli/eval_usage.ts";

const OPENAI = ["--policy", "openai", "--base-url", "http://localhost/v1", "--model", "m"];

Deno.test("checkUsage() takes an endpoint with its model", () => {
  checkUsage(parseFlags(OPENAI, EVAL_TABLES));
  const exact = [...OPENAI, "--api", "completions", "--tokenizer", "folder"];
  checkUsage(parseFlags(exact, EVAL_TABLES));
});

for (
  const { flags, message } of [
    {
      flags: ["--policy", "openai", "--base-url", "http://localhost/v1"],
      message: /^Cannot evaluate as "--policy openai" needs "--base-url", .* and "--model"/,
    },
    {
      flags: ["--policy", "openai", "--model", "m"],
      message: /^Cannot evaluate as "--policy openai" needs "--base-url"/,
    },
    {
      flags: ["--base-url", "http://localhost/v1"],
      message: /^Cannot evaluate as "--base-url" is for another policy: "--policy" is embedded/,
    },
    {
      flags: [...OPENAI, "--max-turn-tokens", "9"],
      message: /^Cannot evaluate as "--max-turn-tokens" is for another policy/,
    },
    {
      flags: [...OPENAI, "--api", "completions"],
      message: /^Cannot evaluate as "--api completions" and "--tokenizer" must be given together/,
    },
    {
      flags: [...OPENAI, "--api", "completions", "--tokenizer", "t", "--tools", "native"],
      message: /^Cannot evaluate as "--tools native" is of the chat API/,
    },
    {
      flags: [...OPENAI, "--predictions", "p.json"],
      message: /^Cannot evaluate as "--policy replay" and "--predictions" must be given together/,
    },
  ]
) {
  Deno.test(`finestep eval ${flags.join(" ")} is refused`, () => {
    assert.throws(() => checkUsage(parseFlags(flags, EVAL_TABLES)), {
      name: "UsageError",
      message,
    });
  });
}
