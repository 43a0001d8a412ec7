/**
 * Which options of `finestep eval` go together.
 *
 * @module
 */

import { flagName, UsageError } from "./args.ts";
import { EVAL_TABLES, type EvalFlags } from "./eval_options.ts";

const ENGINE = Object.keys(EVAL_TABLES.engine);
const ENDPOINT = Object.keys(EVAL_TABLES.endpoint);

/** By policy, options that would do nothing. */
const FOR_OTHERS: Readonly<Record<EvalFlags["values"]["run"]["policy"], readonly string[]>> = {
  embedded: [...ENDPOINT, "match"],
  openai: [...ENGINE, "match"],
  replay: [...ENGINE, ...ENDPOINT, "model", "toolResults", "samples", "temperature"],
};

/**
 * Refuses options that say nothing together.
 *
 * @throws {UsageError} If one is missing, too much, or of another policy.
 */
export function checkUsage(flags: EvalFlags): void {
  checkPredictions(flags);
  checkPolicy(flags);
  if (flags.values.run.policy === "openai") checkEndpoint(flags);
}

function checkPredictions({ positionals, values, given }: EvalFlags): void {
  const { policy, predictions, verdicts } = values.run;
  if (positionals.length > 0 && predictions === "") {
    throw new UsageError(`Unknown argument "${positionals[0]}": see "--help"`);
  }
  if (positionals.length > 0 && verdicts !== "") {
    throw new UsageError(
      `Cannot write verdicts as "--verdicts" must be of one prediction file: ${
        positionals.length + 1
      } are given`,
    );
  }
  if (values.run.gold !== "" && values.run.quarantine !== "") {
    throw new UsageError(
      'Cannot evaluate as a quarantine list is about the questions\' own gold SQL: "--gold" and "--quarantine" are both given',
    );
  }
  if (given.has("policy") && (policy === "replay") !== (predictions !== "")) {
    throw new UsageError(
      `Cannot evaluate as "--policy replay" and "--predictions" must be given together: policy is ${policy}, predictions ${
        predictions || "none"
      }`,
    );
  }
}

/** The options of one policy are not for another. */
function checkPolicy({ values: { run }, given }: EvalFlags): void {
  const policy = run.predictions === "" ? run.policy : "replay";
  const strange = FOR_OTHERS[policy].find((option) => given.has(option));
  if (strange === undefined) return;
  throw new UsageError(
    `Cannot evaluate as "${flagName(strange)}" is for another policy: "--policy" is ${policy}`,
  );
}

function checkEndpoint({ values, given }: EvalFlags): void {
  const { baseUrl, api, tokenizer, tools } = values.endpoint;
  if (baseUrl === "" || !given.has("model")) {
    throw new UsageError(
      'Cannot evaluate as "--policy openai" needs "--base-url", where the model is served, and "--model", its name there',
    );
  }
  if ((api === "completions") !== (tokenizer !== "")) {
    throw new UsageError(
      `Cannot evaluate as "--api completions" and "--tokenizer" must be given together: api is ${api}, tokenizer ${
        tokenizer || "none"
      }`,
    );
  }
  if (api === "completions" && tools === "native") {
    throw new UsageError(
      'Cannot evaluate as "--tools native" is of the chat API: "--api completions" has text only',
    );
  }
}
