/**
 * A model on the embedded engine as what is evaluated.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { EngineOptions } from "../engines/options.ts";
import { byPolicy, trialsOf } from "../evaluation/evaluate.ts";
import { loadModel } from "../models/model_folder.ts";
import { fileSha256 } from "../store/file_hashes.ts";
import type { Arena } from "./arena.ts";
import type { Contestant } from "./contestant.ts";
import { envOptions, makeEngine } from "./engine_setup.ts";
import { promptIdentity } from "./prompt_identity.ts";

/** How a model acts. */
export interface ModelSetup {
  /** Its folder. */
  readonly model: string;
  readonly engine: EngineOptions;
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
  { model: path, engine: options, temperature, seed, samples, isTemplateGiven }: ModelSetup,
  { task, examples, env }: Arena,
): Promise<Contestant> {
  const model = await loadModel(path);
  const engine = await makeEngine(model, options);
  const settings = envOptions(env, isTemplateGiven, model);
  const { maxTurnTokens, slots } = options;
  const policy = engine.policy({ temperature, maxTurnTokens });
  return {
    name: path,
    trials: trialsOf(examples, { seed, samples }),
    attempt: byPolicy(policy, { ...settings, task }),
    env: settings,
    concurrency: slots,
    predictions: null,
    identity: {
      policy: {
        kind: "model",
        name: path,
        modelSha256: await folderSha256(path),
        predictionsSha256: null,
        match: null,
      },
      prompt: promptIdentity(task, examples, settings),
    },
    warnings: [],
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** A hash of the names and bytes of the files in a folder. */
async function folderSha256(path: string): Promise<string> {
  const names = [...Deno.readDirSync(path)].filter(({ isFile }) => isFile).map(({ name }) => name);
  const hash = createHash("sha256");
  for (const name of names.sort()) hash.update(`${name} ${await fileSha256(join(path, name))}\n`);
  return hash.digest("hex");
}
