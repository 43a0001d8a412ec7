/**
 * Questions and tools as the Open Reward Standard describes them. Nothing here tells of gold answers.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { ToolDescription } from "../env/tool.ts";
import type { ServerEnvironment } from "./environment.ts";
import { Refusal } from "./refusal.ts";

/** A split, with the use that the standard knows. */
export interface Split {
  readonly name: string;
  readonly type: "train" | "validation" | "test";
}

/** The splits; those that are neither for training nor for the last test are for validation. */
export function splitsOf({ splits }: Pick<ServerEnvironment, "splits">): Split[] {
  return [...splits.keys()].map((name) => ({
    name,
    type: name.startsWith("train") ? "train" : name === "test" ? "test" : "validation",
  }));
}

/**
 * The questions of a split.
 *
 * @throws {Refusal} If there is no such split, with the standard's status.
 */
export function examplesIn(
  { splits }: Pick<ServerEnvironment, "splits">,
  split: string,
): readonly Example[] {
  const examples = splits.get(split);
  if (examples !== undefined) return examples;
  const names = [...splits.keys()].join(", ");
  throw new Refusal(400, `Unknown split "${split}": those served are ${names}`);
}

/**
 * A question of a split.
 *
 * @throws {Refusal} If there is none at the place, with the standard's status.
 */
export function exampleAt(
  environment: Pick<ServerEnvironment, "splits">,
  split: string,
  index: number,
): Example {
  const examples = examplesIn(environment, split);
  const example = examples[index];
  if (example !== undefined) return example;
  throw new Refusal(
    400,
    `Unknown index ${index}: split "${split}" has 0 to ${examples.length - 1}`,
  );
}

/** What a trainer is told of a question; `split` and `id` find it again. */
export function taskOf({ id, database, question, evidence, difficulty }: Example, split: string) {
  return { split, id, database: database.id, question, evidence, difficulty };
}

/** A tool in the standard's form. */
export function toolSpec({ name, description, parameters }: ToolDescription) {
  return { name, description, input_schema: parameters };
}
