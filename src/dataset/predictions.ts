/**
 * Predicted SQL in BIRD's file format, paired with examples as the official code pairs them: by
 * position in the file, whatever the keys say.
 *
 * @module
 */

import { parsedJson } from "./bird_format.ts";
import type { Example } from "./example.ts";

/** One entry of a prediction file. */
export interface Prediction {
  readonly sql: string;
  /** The database that the file names; null where it names none. */
  readonly databaseId: string | null;
}

/** Predictions by example, with everything that looks wrong about the pairing. */
export interface PairedPredictions {
  /** SQL by example id; examples beyond the end of the file have none. */
  readonly sqlByExample: ReadonlyMap<string, string>;
  /** For people to see before the score; empty when counts and databases agree. */
  readonly warnings: readonly string[];
}

const SEPARATOR = "\t----- bird -----\t";

/**
 * The predictions of a file, in file order: an object `{"0": "SQL\t----- bird -----\tdatabase"}`,
 * or a list of such strings or of bare SQL. An entry that is not a string counts as empty SQL, as
 * in the official code.
 *
 * @example Keys do not order predictions
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePredictions } from "./predictions.ts";
 *
 * const text = '{"1": "SELECT 1\\t----- bird -----\\tshop", "0": "SELECT 0"}';
 * assert.deepEqual(parsePredictions(text, "predictions.json"), [
 *   { sql: "SELECT 1", databaseId: "shop" },
 *   { sql: "SELECT 0", databaseId: null },
 * ]);
 * ```
 *
 * @param file Path or name of the file, for error messages.
 * @throws {SyntaxError} If the text is not JSON, with the line.
 * @throws {TypeError} If it is neither a list nor an object, or holds lists or objects.
 */
export function parsePredictions(text: string, file: string): Prediction[] {
  const content = parsedJson(text, file);
  if (typeof content !== "object" || content === null) {
    throw new TypeError(
      `Cannot read predictions of ${file} as they must be a JSON object or list: found ${typeof content}`,
    );
  }
  for (const [key, entry] of Object.entries(content)) refuseNested(entry, key, file);
  return (Array.isArray(content) ? content : valuesInFileOrder(text)).map(prediction);
}

/**
 * Pairs predictions with examples by position; the shorter one ends the pairing.
 *
 * @param predictions In file order.
 * @param examples In the order of the question file.
 */
export function pairPredictions(
  predictions: readonly Prediction[],
  examples: readonly Example[],
): PairedPredictions {
  const pairs = examples.slice(0, predictions.length)
    .map((example, index) => ({ example, prediction: predictions[index], index }));
  return {
    sqlByExample: new Map(pairs.map(({ example, prediction }) => [example.id, prediction.sql])),
    warnings: [
      ...countWarnings(predictions.length, examples.length),
      ...databaseWarnings(pairs),
    ],
  };
}

/**
 * Reads a prediction file and pairs it with the examples.
 *
 * @throws {Error} If the file cannot be read, or as {@linkcode parsePredictions} says.
 */
export async function readPredictions(
  path: string,
  examples: readonly Example[],
): Promise<PairedPredictions> {
  return pairPredictions(parsePredictions(await Deno.readTextFile(path), path), examples);
}

function refuseNested(entry: unknown, key: string, file: string): void {
  if (typeof entry !== "object" || entry === null) return;
  throw new TypeError(
    `Cannot read prediction "${key}" of ${file} as it must be a string: found ${
      JSON.stringify(entry).slice(0, 60)
    }`,
  );
}

/**
 * The values of a flat JSON object as the file orders them. JavaScript objects put keys like "10"
 * in numeric order, so the text itself is walked; it is known to be JSON without nesting.
 */
function valuesInFileOrder(text: string): unknown[] {
  const string = String.raw`"(?:[^"\\]|\\.)*"`;
  const entry = new RegExp(String.raw`(${string})\s*:\s*(${string}|[^\s,}]+)`, "g");
  // A repeated key keeps its first place and its last value, as in Python's json.
  const values = new Map<string, unknown>();
  for (const [, key, value] of text.matchAll(entry)) values.set(JSON.parse(key), JSON.parse(value));
  return [...values.values()];
}

function prediction(entry: unknown): Prediction {
  if (typeof entry !== "string") return { sql: "", databaseId: null };
  const [sql, databaseId = null] = entry.split(SEPARATOR);
  return { sql, databaseId };
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

function databaseWarnings(
  pairs: readonly { example: Example; prediction: Prediction; index: number }[],
): string[] {
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
