/**
 * A model on the embedded engine as what is evaluated.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { defaults } from "../config/option.ts";
import { type ActingOptions, LEARNING_OPTIONS } from "../engines/options.ts";
import { byPolicy, trialsOf } from "../evaluation/evaluate.ts";
import { loadAdapters } from "../models/adapter_folder.ts";
import type { ToolResults } from "../models/chat_template.ts";
import { fileSha256 } from "../store/file_hashes.ts";
import type { Arena } from "./arena.ts";
import type { Contestant } from "./contestant.ts";
import { envOptions, makeEngine, placeOf } from "./engine_setup.ts";
import { located } from "./located.ts";
import { loadSizedModel } from "./sized_model.ts";
import { promptIdentity } from "./prompt_identity.ts";

/** Nothing is learned: what a server does in an update is not asked, and its new adapters change nothing. */
const NO_LEARNING = {
  ...defaults(LEARNING_OPTIONS),
  ...{ weightDecay: 0, maxGradientNorm: 0, adam: "server" as const, loraRank: 4 },
};

/** How a model acts. */
export interface ModelSetup {
  /** Its folder, or GGUF file. */
  readonly model: string;
  /** How its chat shows tool results. */
  readonly toolResults: ToolResults;
  readonly engine: ActingOptions;
  readonly temperature: number;
  readonly seed: number;
  /** Attempts at each question. */
  readonly samples: number;
  /** Whether the command line sets the template; else it is the one the model was trained with. */
  readonly isTemplateGiven: boolean;
}

/**
 * A model on the embedded engine.
 *
 * @throws {Error} If the model cannot be loaded.
 */
export async function modelContestant(
  { model: path, toolResults, engine: acting, temperature, seed, samples, isTemplateGiven }:
    ModelSetup,
  { task, examples, env }: Arena,
): Promise<Contestant> {
  const options = { ...NO_LEARNING, ...acting };
  const place = await placeOf(options);
  const model = await loadSizedModel(path, { toolResults }, {
    ...{ engine: options, place },
    conversations: examples.length * samples,
    training: null,
  });
  const { adapter } = options;
  const adapters = adapter === "" ? undefined : await loadAdapters(adapter, model.config);
  const engine = await makeEngine(model, options, { adapters, place });
  const settings = envOptions(env, isTemplateGiven, model);
  const { maxTurnTokens, slots } = options;
  const policy = engine.policy({ temperature, maxTurnTokens });
  const name = [path, adapter].filter((path) => path !== "").join(" + ");
  return {
    name,
    trials: trialsOf(examples, { seed, samples }),
    attempt: byPolicy(policy, { ...settings, task }),
    env: settings,
    concurrency: slots,
    predictions: null,
    identity: {
      policy: {
        kind: "model",
        name,
        modelSha256: await modelSha256(path, adapter),
        predictionsSha256: null,
        match: null,
        device: place.name,
      },
      prompt: promptIdentity(task, examples, { ...settings, toolResults }),
    },
    warnings: [],
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** A hash of the names and bytes of a model's files, and of its adapter's. */
async function modelSha256(path: string, adapter: string): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [...filesOf(located(path)), ...adapter === "" ? [] : filesOf(adapter)]) {
    hash.update(`${basename(file)} ${await fileSha256(file)}\n`);
  }
  return hash.digest("hex");
}

/** The files in a folder by their names' order, or the file itself. */
function filesOf(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  const files = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile);
  return files.map(({ name }) => join(path, name)).sort();
}
