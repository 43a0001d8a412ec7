import assert from "finestep/assert";
import { flagName, parseFlags } from "../../src/cli/args.ts";
import { EVAL_TABLES } from "../../src/cli/eval_options.ts";
import { checkUsage } from "../../src/cli/eval_usage.ts";
import { LEARNING_OPTIONS } from "../../src/engines/options.ts";

const OPENAI = ["--policy", "openai", "--base-url", "http://localhost/v1", "--model", "m"];

Deno.test("checkUsage() takes an endpoint with its model", () => {
  checkUsage(parseFlags(OPENAI, EVAL_TABLES));
  const exact = [...OPENAI, "--api", "completions", "--tokenizer", "folder"];
  checkUsage(parseFlags(exact, EVAL_TABLES));
});

Deno.test("finestep eval takes no option of training", () => {
  for (const option of Object.keys(LEARNING_OPTIONS)) {
    assert.throws(
      () => parseFlags([flagName(option), "1"], EVAL_TABLES),
      /^UsageError: Unknown flag/,
    );
  }
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
      flags: ["--predictions", "p.json", "--threads", "1"],
      message: /^Cannot evaluate as "--threads" is for another policy: "--policy" is replay/,
    },
    {
      flags: ["--predictions", "p.json", "--temperature", "1"],
      message: /^Cannot evaluate as "--temperature" is for another policy: "--policy" is replay/,
    },
    {
      flags: ["--match", "question_id"],
      message: /^Cannot evaluate as "--match" is for another policy: "--policy" is embedded/,
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
