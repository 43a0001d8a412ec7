/**
 * A model behind an OpenAI-compatible endpoint as what is evaluated (docs/endpoints.md).
 *
 * @module
 */

import { createHash } from "node:crypto";
import { withNativeTools } from "../env/native_tools.ts";
import { byPolicy, trialsOf } from "../evaluation/evaluate.ts";
import type { ToolResults } from "../models/chat_template.ts";
import { openModel, type StoredModel } from "../models/model_folder.ts";
import { Endpoint } from "../policies/openai/endpoint.ts";
import type { EndpointOptions } from "../policies/openai/options.ts";
import { OpenAiPolicy } from "../policies/openai/policy.ts";
import { NO_USAGE, usageText } from "../policies/openai/usage.ts";
import { AnswerCache } from "../store/answer_cache.ts";
import type { RunIdentity } from "../store/identity.ts";
import { addUsage, usageOf } from "../store/run_usage.ts";
import type { StoreFile } from "../store/store_file.ts";
import type { Arena } from "./arena.ts";
import type { Contestant, Meter } from "./contestant.ts";
import { located } from "./located.ts";
import { promptIdentity } from "./prompt_identity.ts";

/** Who is asked, and how. */
export interface EndpointSetup {
  /** Its name at the endpoint. */
  readonly model: string;
  readonly endpoint: EndpointOptions;
  /** How a local chat template shows tool results; without one it has no effect. */
  readonly toolResults: ToolResults;
  readonly temperature: number;
  readonly seed: number;
  /** Attempts at each question. */
  readonly samples: number;
  /** Where answers and what was used are kept. */
  readonly file: StoreFile;
}

/**
 * A served model. Unless answers of the endpoint are kept already, it is asked at once whether it serves
 * the model, before anything is begun.
 *
 * @throws {EndpointError} If it does not.
 * @throws {Error} If the key or the tokenizer is missing.
 */
export async function endpointContestant(
  { model, endpoint: options, toolResults, temperature, seed, samples, file }: EndpointSetup,
  { task: textTask, examples, env }: Arena,
): Promise<Contestant> {
  const { tools, concurrency, maxTokens, stop, tokenizer, tokenIds } = options;
  const meter = new UsageMeter(file, options);
  const cache = options.cache === "on" ? new AnswerCache(file, options.baseUrl) : null;
  await using opened = new AsyncDisposableStack();
  const endpoint = opened.use(
    new Endpoint({
      ...{ baseUrl: options.baseUrl, model, apiKey: keyOf(options), concurrency, cache },
      timeoutMs: options.requestTimeoutMs,
      retries: options.retries,
      count: (usage) => meter.add(usage),
    }),
  );
  meter.endpoint = endpoint;
  if (cache === null || cache.isEmpty) await endpoint.ready();
  const local = tokenizer === "" ? null : await openModel(located(tokenizer), { toolResults });
  const task = tools === "native" ? withNativeTools(textTask) : textTask;
  const policy = new OpenAiPolicy({
    ...{ endpoint, temperature, maxTokens, asksTokens: tokenIds === "auto" },
    stop: stop === "" ? [] : [stop],
    tools: tools === "native" ? task.tools : [],
    chat: local?.chat,
  });
  const resources = opened.move();
  return {
    name: model,
    trials: trialsOf(examples, { seed, samples }),
    attempt: byPolicy(policy, { ...env, task }),
    env,
    concurrency,
    predictions: null,
    identity: {
      policy: policyIdentity(model, options, local),
      prompt: promptIdentity(task, examples, { ...env, ...local && { toolResults } }),
    },
    warnings: [],
    // A server may take minutes for an answer; with the cache, turns that were answered are not lost.
    abandons: true,
    meter,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Adds up what is used in the store, so that a run that is killed has forgotten nothing. */
class UsageMeter implements Meter {
  endpoint: Endpoint | null = null;
  readonly #file: StoreFile;
  readonly #options: EndpointOptions;
  #runId: number | null = null;

  constructor(file: StoreFile, options: EndpointOptions) {
    this.#file = file;
    this.#options = options;
  }

  begin(runId: number): void {
    this.#runId = runId;
  }

  add(amounts: Readonly<Record<string, number>>): void {
    if (this.#runId !== null) addUsage(this.#file, this.#runId, amounts);
  }

  text(): string {
    const usage = { ...NO_USAGE, ...usageOf(this.#file, this.#runId!) };
    const refused = this.endpoint?.refused ?? [];
    const lines = [usageText(usage, this.#options)];
    if (refused.length > 0) lines.push(`Left out as the server refuses it: ${refused.join(", ")}`);
    return lines.join("\n");
  }
}

/** The key, which goes nowhere but into requests. */
function keyOf({ apiKeyEnv }: EndpointOptions): string | null {
  if (apiKeyEnv === "") return null;
  const key = Deno.env.get(apiKeyEnv)?.trim();
  if (key) return key;
  throw new Error(
    `Cannot ask the endpoint as "--api-key-env" must name a variable: ${apiKeyEnv} is not set`,
  );
}

function policyIdentity(
  name: string,
  { baseUrl, api, tools, maxTokens, stop }: EndpointOptions,
  local: StoredModel | null,
): RunIdentity["policy"] {
  const tokenizerSha256 = local && sha256(JSON.stringify(local.tokenizer));
  return {
    ...{ kind: "endpoint", name, modelSha256: null, predictionsSha256: null, match: null },
    endpoint: { baseUrl, api, tools, maxTokens, stop, tokenizerSha256 },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
