/**
 * A prediction file as what is evaluated.
 *
 * @module
 */

import { basename } from "node:path";
import { type Match, readPredictions } from "../dataset/predictions.ts";
import { byAnswers } from "../evaluation/evaluate.ts";
import { fileSha256 } from "../store/file_hashes.ts";
import type { Arena } from "./arena.ts";
import type { Contestant } from "./contestant.ts";

/** Answers at a time: so many that the pool can hand its workers several at once. */
const CONCURRENCY = 64;

/**
 * The answers of a prediction file. They are paired with the whole data set, whatever questions are
 * chosen from it.
 *
 * @throws {Error} If the file cannot be read or is no prediction file.
 */
export async function fileContestant(
  path: string,
  match: Match,
  { dataset, examples, task, env }: Arena,
): Promise<Contestant> {
  const { sqlByExample, warnings } = await readPredictions(path, dataset.examples, { match });
  const name = basename(path);
  const predictionsSha256 = await fileSha256(path);
  return {
    name: path,
    // What a file says does not depend on a seed.
    trials: examples.map((example) => ({ example, seed: 0 })),
    attempt: byAnswers(sqlByExample, { policy: name, task }),
    env,
    concurrency: CONCURRENCY,
    predictions: path,
    identity: {
      policy: { kind: "predictions", name, modelSha256: null, predictionsSha256, match },
      prompt: null,
    },
    warnings,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
