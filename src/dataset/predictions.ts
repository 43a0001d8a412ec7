/**
 * Which prediction answers which question: by position, as the official code pairs them, or by
 * question_id. Whatever is left over, or looks as if the other way were meant, is said.
 *
 * @module
 */

import type { Example } from "./example.ts";
import { parsePredictions, type Prediction, type PredictionFile } from "./prediction_format.ts";

/**
 * `position`: in file order, whatever the keys say, until the shorter of the two ends;
 * `question_id`: by the key in an object of strings or the field `question_id`.
 */
export type Match = "position" | "question_id";

/** Predictions by example, with everything that looks wrong about the pairing. */
export interface PairedPredictions {
  /** SQL by example id; an example without a prediction is not in it. */
  readonly sqlByExample: ReadonlyMap<string, string>;
  /** For people to see before the score; empty when counts, ids and databases agree. */
  readonly warnings: readonly string[];
}

interface Pair {
  readonly example: Example;
  readonly prediction: Prediction;
  /** Of the prediction in its file. */
  readonly index: number;
}

/**
 * Reads a prediction file and pairs it with the examples.
 *
 * @throws {Error} If the file cannot be read, or as {@linkcode parsePredictions} and
 * {@linkcode pairPredictions} say.
 */
export async function readPredictions(
  path: string,
  examples: readonly Example[],
  { match = "position" }: { readonly match?: Match } = {},
): Promise<PairedPredictions> {
  return pairPredictions(parsePredictions(await Deno.readTextFile(path), path), examples, match);
}

/**
 * Pairs predictions with examples.
 *
 * @example An id that the file does not have
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePredictions } from "./prediction_format.ts";
 * import { pairPredictions } from "./predictions.ts";
 *
 * const database = { id: "shop", path: "shop.sqlite", tables: [] };
 * const example = { database, question: "", evidence: "", goldSql: "", difficulty: null };
 * const file = parsePredictions('{"7": "SELECT 7"}', "predictions.json");
 * const examples = [{ ...example, id: "7" }, { ...example, id: "8" }];
 * const { sqlByExample, warnings } = pairPredictions(file, examples, "question_id");
 * assert.deepEqual([...sqlByExample], [["7", "SELECT 7"]]);
 * assert.deepEqual(warnings, ["1 examples have no prediction: the first is 8"]);
 * ```
 *
 * @param examples In the order of the question file.
 * @throws {TypeError} If predictions without an id are to be paired by question_id.
 */
export function pairPredictions(
  file: PredictionFile,
  examples: readonly Example[],
  match: Match,
): PairedPredictions {
  const { pairs, warnings } = match === "position"
    ? pairedByPosition(file, examples)
    : pairedById(file, examples);
  return {
    sqlByExample: new Map(pairs.map(({ example, prediction }) => [example.id, prediction.sql])),
    warnings: [...file.warnings, ...warnings, ...databaseWarnings(pairs)],
  };
}

function pairedByPosition(
  { predictions, hasQuestionIds }: PredictionFile,
  examples: readonly Example[],
): { pairs: Pair[]; warnings: string[] } {
  const pairs = examples.slice(0, predictions.length)
    .map((example, index) => ({ example, prediction: predictions[index], index }));
  return {
    pairs,
    warnings: [
      ...countWarnings(predictions.length, examples.length),
      ...(hasQuestionIds ? idWarnings(pairs) : []),
    ],
  };
}

function pairedById(
  { predictions }: PredictionFile,
  examples: readonly Example[],
): { pairs: Pair[]; warnings: string[] } {
  const byId = new Map(examples.map((example) => [example.id, example]));
  const pairs = new Map<string, Pair>();
  const unknown: string[] = [];
  const repeated: string[] = [];
  for (const [index, prediction] of predictions.entries()) {
    const { id } = prediction;
    if (id === null) {
      throw new TypeError(
        `Cannot pair predictions by question_id as every one must have an id: prediction ${index} has none`,
      );
    }
    const example = byId.get(id);
    if (!example) unknown.push(id);
    else {
      if (pairs.has(id)) repeated.push(id);
      pairs.set(id, { example, prediction, index });
    }
  }
  const without = examples.filter(({ id }) => !pairs.has(id)).map(({ id }) => id);
  return {
    pairs: [...pairs.values()],
    warnings: [
      ...counted(unknown, "predictions have a question_id that no example has"),
      ...counted(repeated, "predictions repeat a question_id, of which the last counts"),
      ...counted(without, "examples have no prediction"),
    ],
  };
}

/** `3 <what>, the first is 17`. */
function counted(ids: readonly string[], what: string): string[] {
  return ids.length === 0 ? [] : [`${ids.length} ${what}: the first is ${ids[0]}`];
}

function countWarnings(predictions: number, examples: number): string[] {
  if (predictions === examples) return [];
  return [
    `${predictions} predictions for ${examples} examples: they are paired by position, ` +
    (predictions < examples
      ? `the last ${examples - predictions} examples have none`
      : `the last ${predictions - examples} predictions are not used`),
  ];
}

function idWarnings(pairs: readonly Pair[]): string[] {
  const wrong = pairs.filter(({ example, prediction: { id } }) => id !== null && id !== example.id);
  if (wrong.length === 0) return [];
  const [{ example, prediction, index }] = wrong;
  return [
    `${wrong.length} predictions have another question_id than their example, as they are paired ` +
    `by position: prediction ${index} is for ${prediction.id}, the example is ${example.id}`,
  ];
}

function databaseWarnings(pairs: readonly Pair[]): string[] {
  const wrong = pairs.filter(({ example, prediction: { databaseId } }) =>
    databaseId !== null && databaseId.trim() !== example.database.id
  );
  if (wrong.length === 0) return [];
  const [{ example, prediction, index }] = wrong;
  return [
    `${wrong.length} predictions name another database than their example: ` +
    `prediction ${index} is for "${prediction.databaseId}", example ${example.id} is of "${example.database.id}"`,
  ];
}
