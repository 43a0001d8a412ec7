/**
 * What Every Eval Ever asks for and a run does not know, and the names that follow from it.
 *
 * The schema is that of github.com/evaleval/every_eval_ever (MIT), version 0.3.0.
 *
 * @module
 */

import type { ExportedRun } from "../../exported_run.ts";

/** The version of the schema that is written. */
export const SCHEMA_VERSION = "0.3.0";

/** Whoever evaluates stands to whoever made the model. */
export const RELATIONSHIPS = ["first_party", "third_party", "collaborative", "other"] as const;

/** What only the one who exports can tell. */
export interface EveryEvalEverFacts {
  /** `developer/model`, as on Hugging Face. */
  readonly modelId: string;
  /** Who evaluated. */
  readonly organization: string;
  readonly relationship: typeof RELATIONSHIPS[number];
  /** Where the data set is published; null where it is not. */
  readonly dataUrl: string | null;
  /** UUID version 4 that names the files. */
  readonly uuid: string;
  /** When the files are made, in seconds since 1970. */
  readonly now: number;
}

/** What names are made of. */
export interface EvaluatedNames extends Pick<ExportedRun, "phase"> {
  readonly run: Pick<ExportedRun["run"], "identity" | "dataSet" | "started">;
}

/** What the aggregate and its samples call each other. */
export interface EveryEvalEverNames {
  readonly evaluationId: string;
  readonly evaluationName: string;
  /** Path of the aggregate in the shared datastore, and below the folder of an export. */
  readonly aggregatePath: string;
  readonly samplesPath: string;
  /** Of the result that a metric is. */
  resultId(metric: string): string;
}

/**
 * The names of an export. The evaluation's id holds when it was run, not when it was exported, so that
 * a second export of a run is known for the same.
 *
 * @throws {RangeError} If the model's id is not `developer/model`.
 */
export function everyEvalEverNames(
  { run, phase }: EvaluatedNames,
  { modelId, uuid }: EveryEvalEverFacts,
): EveryEvalEverNames {
  if (!/^[\w.-]+\/[\w.-]+$/.test(modelId)) {
    throw new RangeError(
      `Cannot export to Every Eval Ever as a model's id must be developer/model: current value is ${modelId}`,
    );
  }
  const collection = slug(run.identity?.dataSet.name ?? run.dataSet);
  const parts = [collection, run.identity?.dataSet.split, phase === "eval" ? null : phase];
  const evaluationName = parts.filter(Boolean).join(".");
  const evaluationId = `${evaluationName}/${modelId}/${seconds(run.started)}`;
  const stem = `data/${collection}/${modelId}/${uuid}`;
  return {
    evaluationId,
    evaluationName,
    aggregatePath: `${stem}.json`,
    samplesPath: `${stem}_samples.jsonl`,
    resultId: (metric) => `${evaluationId}#${metric}`,
  };
}

/** An ISO time in seconds since 1970. */
export function seconds(time: string): string {
  return String(Math.floor(Date.parse(time) / 1000));
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "text-to-sql";
}
